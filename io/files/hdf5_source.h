// io/files/hdf5_source.h -- finds the files that a virtual data set or external storage names.
//
// Names are relative, and HDF5 looks for them in several places; here it is the same ones in the
// same order. Every function wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_FILES_HDF5_SOURCE_H
#define IO_FILES_HDF5_SOURCE_H

#include "base/status.h"

#include <hdf5.h>
#include <limits.h>

// A source file that is open.
typedef struct hdf5_source {
    char name[PATH_MAX], path[PATH_MAX]; // as named, and where it was found
    hid_t file;
} hdf5_source;

// Opens the file that a virtual data set in the file `main` calls `name`; H5Fclose(source->file).
// Errors: as hdf5_open, naming `main` and `name`.
status hdf5_source_open(hdf5_source *source, const char *main, const char *name);

// Where a file of external storage is that a data set in the file `main` calls `name`.
void hdf5_external_path(char path[PATH_MAX], const char *main, const char *name);

#endif
