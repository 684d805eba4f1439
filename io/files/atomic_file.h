// io/files/atomic_file.h -- a file that is either the old one, whole, or the new one, whole.
//
//   atomic_file_begin ─> write to f.temporary, close it ─> atomic_file_commit   (or _abandon)
//
// The temporary name stands in the same folder; commit makes it durable (fsync of file and folder)
// and renames it. Only a regular file is ever replaced, and only one that was there at begin: what
// else has appeared meanwhile under that name belongs to somebody else.
#ifndef IO_FILES_ATOMIC_FILE_H
#define IO_FILES_ATOMIC_FILE_H

#include "base/status.h"

#include <stdbool.h>
#include <sys/stat.h>

#define ATOMIC_PATH_SIZE 1024

typedef struct atomic_file {
    char path[ATOMIC_PATH_SIZE], temporary[ATOMIC_PATH_SIZE];
    bool replaces; // there was a file of that name at begin
} atomic_file;

// Chooses the temporary name; touches no file. Errors: ST_IO path too long, or what stands there is
// no regular file (nor a link to one, which is replaced itself).
status atomic_file_begin(atomic_file *f, const char *path);

// After the temporary file was written and closed. On error it is unlinked and the old file of that
// name is as it was; but where a file has appeared since begin, both stay and the message names
// them. Errors: ST_IO.
status atomic_file_commit(const atomic_file *f);

// Unlinks the temporary file, if there is one.
void atomic_file_abandon(const atomic_file *f);

// All three for a text. Errors: ST_IO.
status atomic_file_write_text(const char *path, const char *text);

// A file that is there and has been written to otherwise becomes durable (fsync), where the file
// system can. Errors: ST_IO.
status atomic_file_synchronise(const char *path);

// The folder of a path, "." for a bare name.
void atomic_file_folder(const char *path, char folder[ATOMIC_PATH_SIZE]);

// "a folder", "a device", ...: what st_mode says a path is, for messages.
const char *atomic_file_kind(mode_t mode);

#endif
