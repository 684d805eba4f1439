// io/files/hdf5_file.h -- opening an HDF5 file to read, and words for what is in it.
//
// Every function here wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_FILES_HDF5_FILE_H
#define IO_FILES_HDF5_FILE_H

#include "base/status.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define HDF5_TEXT_SIZE 256 // enough for a reason, a type or a shape

// Opens `path` to read, without file locking (parallel file systems often refuse it).
// Errors: ST_NO_INPUT no such file, ST_IO not readable, ST_BAD_DATA no regular file, not HDF5, or
// truncated.
status hdf5_open(hid_t *file, const char *path);

// The same, but a regular file that is not HDF5 is no error: it is then `foreign`, and not open.
status hdf5_open_any(hid_t *file, const char *path, bool *foreign);

// The innermost reason of HDF5's last failure, for the end of a message.
const char *hdf5_reason(char text[HDF5_TEXT_SIZE]);

// "uint8", "float32", "float64 big-endian", "string", "compound" ...
const char *hdf5_type_text(hid_t type, char text[HDF5_TEXT_SIZE]);

// "60000 x 28 x 28", "single value".
const char *hdf5_shape_text(hid_t space, char text[HDF5_TEXT_SIZE]);

// Calls `visit` for each data set of the file, in order of path; `name` has no leading slash.
// Errors: ST_BAD_DATA, naming `path`.
status hdf5_each_dataset(hid_t file, const char *path,
                         void (*visit)(hid_t dataset, const char *name, void *context),
                         void *context);

// For each data set: `before`, "/path (shape type)", `after`. Errors: ST_BAD_DATA, naming `path`.
status hdf5_write_list(hid_t file, const char *path, const char *before, const char *after,
                       FILE *out);

#endif
