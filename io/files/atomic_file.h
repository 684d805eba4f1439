// io/files/atomic_file.h -- a file that is either the old one, whole, or the new one, whole.
//
//   atomic_file_begin ─> write to f.temporary, close it ─> atomic_file_commit   (or _abandon)
//
// The temporary name stands in the same folder; commit makes it durable (fsync of file and folder)
// and renames it.
#ifndef IO_FILES_ATOMIC_FILE_H
#define IO_FILES_ATOMIC_FILE_H

#include "base/status.h"

#define ATOMIC_PATH_SIZE 1024

typedef struct atomic_file {
    char path[ATOMIC_PATH_SIZE], temporary[ATOMIC_PATH_SIZE];
} atomic_file;

// Chooses the temporary name; touches no file. Errors: ST_IO path too long.
status atomic_file_begin(atomic_file *f, const char *path);

// After the temporary file was written and closed. On error it is unlinked and the old file of that
// name is as it was. Errors: ST_IO.
status atomic_file_commit(const atomic_file *f);

// Unlinks the temporary file, if there is one.
void atomic_file_abandon(const atomic_file *f);

// All three for a text. Errors: ST_IO.
status atomic_file_write_text(const char *path, const char *text);

#endif
