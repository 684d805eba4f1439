// io/files/folder.h -- folders: making them, and the names inside.
#ifndef IO_FILES_FOLDER_H
#define IO_FILES_FOLDER_H

#include "base/status.h"

#include <stdbool.h>

bool folder_exists(const char *path);

// Makes the folder and those above it, as far as they are missing. Errors: ST_IO.
status folder_create(const char *path);

// Names inside the folder in order of their bytes, NULL-ended, without "." and "..".
// Free with folder_free. Errors: ST_NO_INPUT, ST_IO.
status folder_list(const char *path, char ***names);

// Lists as folder_list does, with a slash behind the names of folders (and of links to folders): in
// the order that the paths of all files below have.
status folder_list_marked(const char *path, char ***names);
void folder_free(char **names);

#endif
