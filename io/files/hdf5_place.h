// io/files/hdf5_place.h -- where the values of a data set stand in its file, for who reads without
// HDF5.
#ifndef IO_FILES_HDF5_PLACE_H
#define IO_FILES_HDF5_PLACE_H

#include "base/status.h"

#include <hdf5.h>
#include <stdint.h>

// The byte of the file `path`, opened as `file`, at which the values of `set` begin, one behind the
// other, as elements of `type`. 0: only HDF5 can read them, for they are in chunks, in another file
// (external links, external storage, virtual data sets), of another type, or were never written.
// Wants the lock of io/files/hdf5_lock.h. Errors: ST_BAD_DATA the file ends before they do; ST_IO.
status hdf5_find_place(hid_t file, const char *path, hid_t set, hid_t type, uint64_t *place);

#endif
