// io/files/hdf5_dataset.h -- opening the data sets of a file, and why one cannot be opened.
//
// A name may lead to another file (external links), to nothing, to a group, or to what this HDF5 is
// too old for. None of these is the same as a name that is not there.
// Every function wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_FILES_HDF5_DATASET_H
#define IO_FILES_HDF5_DATASET_H

#include "base/status.h"

#include <hdf5.h>

// Opens data set `name` of `file` for the `what` ("images"); close with H5Dclose. `path` names the
// file in messages. *set is below 0 after an error.
// Errors: ST_BAD_DATA there is none (lists those there are), or it cannot be read; ST_NO_INPUT and
// ST_IO of the file that a link leads to.
status hdf5_open_dataset(hid_t *set, hid_t file, const char *path, const char *what,
                         const char *name);

// What a file may have or not: *set is below 0 when it has none of this name. Errors: as above.
status hdf5_open_if_any(hid_t *set, hid_t file, const char *path, const char *what,
                        const char *name);

// As H5Dread of elements of `type` into `values`, but also below 0 when a source file could not be
// had, for which HDF5 would put fill values.
herr_t hdf5_read(hid_t set, hid_t type, hid_t memory_space, hid_t file_space, void *values);

// Bytes of the chunk at these coordinates as it is stored; 0: nobody wrote it, or only H5Dread can
// tell why it cannot be looked at.
hsize_t hdf5_chunk_bytes(hid_t set, const hsize_t *coordinates);

// `count` entries of a one-column data set (N) or (N, 1, ...) from `first` on, as `type`.
herr_t hdf5_read_column(hid_t set, hsize_t first, hsize_t count, hid_t type, void *values);

// Length of a one-column data set, -1 when it has another shape.
int64_t hdf5_column_length(hid_t set);

#endif
