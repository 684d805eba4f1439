// io/files/file_list.h -- the files that a user means by one text: paths, globs, folders and lists
// of these.
//
//   shards/train-*.h5            a glob; its matches in the order of their names' bytes
//   a.h5, b.h5, more/*.h5        several, by commas; in the order given
//   shards                       a folder: what ends in .h5, .hdf5, .hdf, .he5 or .nxs in it, by
//                                name
//   @list.txt                    a text file with one of these a line; # begins a comment, and
//                                relative paths start from the list's own folder
//
// What exists under the name as it stands is meant as it stands: brackets and commas of names need
// no care. A file that is named twice is taken once.
#ifndef IO_FILES_FILE_LIST_H
#define IO_FILES_FILE_LIST_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct file_list {
    char **paths; // (count) owned
    size_t count, room;
    bool with_lists; // @FILE itself is one of the paths, too
} file_list;

// Relative paths start from folder `from`; NULL or "": the working directory. Free it also after an
// error. Errors: ST_NO_INPUT a part that matches nothing, a folder without such files, lists in
// lists too deep; ST_IO a list that cannot be read; ST_INTERNAL no memory.
status file_list_find(file_list *list, const char *files, const char *from);

// Every file that is read when `files` are: also lists, and of a text that names what is missing,
// what comes before. Never fails but for memory (ST_INTERNAL). Free it also after an error.
status file_list_touched(file_list *list, const char *files, const char *from);

void file_list_free(file_list *list);

#endif
