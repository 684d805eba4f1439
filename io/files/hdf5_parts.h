// io/files/hdf5_parts.h -- whether all that a data set is made of is there, before it is read.
//
// HDF5 reads fill values where a source of a virtual data set is missing, where a file of external
// storage is too short, and where a chunk was never written, and it never comes back from a virtual
// data set that names itself. The first two and the last are errors here; what was never written is
// counted. Every function wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_FILES_HDF5_PARTS_H
#define IO_FILES_HDF5_PARTS_H

#include "base/status.h"

#include <hdf5.h>
#include <stdint.h>

// Looks at the storage of `set`, which is `name` in the file `path`, and at all sources of a
// virtual one, but at no value. *unwritten: along axis `axis`, how many indices have values that
// nobody wrote, and that are read as the fill value; of virtual data sets, how many such values
// would fill. Errors: ST_NO_INPUT a source or external file is missing; ST_BAD_DATA one is too
// short or small, a virtual data set names itself, or there is no fill value; ST_IO.
status hdf5_check_parts(hid_t set, const char *path, const char *name, int axis,
                        uint64_t *unwritten);

#endif
