// io/files/hdf5_input.h -- how HDF5 opens files to read: through base/input.h, like everybody else.
//
// HDF5 opens more than the file it is asked for: targets of external links and sources of virtual
// data sets. This driver serves all of them, so none can make it wait, and the reason why one could
// not be had is kept, which HDF5 itself forgets or, for sources, silently replaces by fill values.
// Every function wants the lock of io/files/hdf5_lock.h held.
#ifndef IO_FILES_HDF5_INPUT_H
#define IO_FILES_HDF5_INPUT_H

#include "base/status.h"

#include <hdf5.h>

// File access settings that read through this driver, without file locking; close with H5Pclose.
hid_t hdf5_input_settings(void);

// Fails with the reason why HDF5 could not open or read a file since hdf5_input_forget; ST_OK when
// it could. A missing file that was then found under another folder counts as found.
status hdf5_input_trouble(void);

// The same as words, "" when there was none.
const char *hdf5_input_trouble_text(void);

void hdf5_input_forget(void); // hdf5_lock calls it

#endif
