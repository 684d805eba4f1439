// io/packing/file_kind.h -- what a file is, and which data sets it holds.
#ifndef IO_PACKING_FILE_KIND_H
#define IO_PACKING_FILE_KIND_H

#include "base/status.h"

#include <stdio.h>

typedef enum file_kind {
    FILE_CHECKPOINT, // written by checkpoint_write
    FILE_SHARD,      // written by `basin pack` or `basin synth`
    FILE_CODES,      // written by `basin encode`
    FILE_HDF5,       // somebody else's
    FILE_FOREIGN     // not HDF5
} file_kind;

// Errors: ST_NO_INPUT, ST_IO, ST_BAD_DATA no regular file, or an HDF5 file that cannot be opened
// (truncated).
status file_kind_find(const char *path, file_kind *kind);

// One line for each data set of an HDF5 file: path, shape, type. Errors: as above, and ST_BAD_DATA
// for a file that is not HDF5.
status hdf5_list(const char *path, FILE *out);

#endif
