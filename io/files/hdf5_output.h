// io/files/hdf5_output.h -- an HDF5 file being written that is either whole or not there.
//
//   hdf5_create ─> HDF5 calls on output.file ─┬─> hdf5_commit   flush, fsync, rename, fsync folder
//                                             ├─> hdf5_finish, atomic_file_commit without the lock
//                                             └─> hdf5_abandon  nothing is left behind
//
// The bytes go through a small driver of our own. HDF5 1.10 cannot survive a failed write: the
// file cannot be closed any more and the process crashes at exit, which would turn a full disk into
// a lost run. The driver tells HDF5 that all is well, keeps the first reason, and hdf5_commit
// reports it. Every function wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_FILES_HDF5_OUTPUT_H
#define IO_FILES_HDF5_OUTPUT_H

#include "base/status.h"
#include "io/files/atomic_file.h"

#include <hdf5.h>

typedef struct hdf5_output {
    hid_t file; // for HDF5 calls between create and commit
    atomic_file names;
    int descriptor; // of the temporary file
    int error;      // errno of the first write that failed; 0 = none
} hdf5_output;

// Starts the temporary file. The output must not move until commit or abandon; after a failure
// there is nothing to abandon. Errors: ST_IO with the path and the system's reason.
status hdf5_create(hdf5_output *output, const char *path);

// A contiguous data set of the file's root, negative on failure. Like the file itself it holds no
// time of its making: what is written depends on the contents alone.
hid_t hdf5_create_dataset(hid_t file, const char *name, hid_t type, hid_t space);

// After a failed HDF5 call: abandons the output and returns ST_IO, naming `what` was written.
status hdf5_output_failed(hdf5_output *output, const char *what);

// Makes the file appear under its name; all of the file's objects must be closed. On failure
// nothing is left behind, and an older file of that name is intact. Errors: ST_IO.
status hdf5_commit(hdf5_output *output);

// The first half of hdf5_commit: all bytes are given to the system, and the file is closed. The
// other, which may take long and needs no lock, is atomic_file_commit(&output->names). Errors: as
// hdf5_commit.
status hdf5_finish(hdf5_output *output);

// Removes the temporary file.
void hdf5_abandon(hdf5_output *output);

#endif
