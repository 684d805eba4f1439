// io/files/hdf5_lzf.h -- reads what h5py wrote with compression='lzf', HDF5's filter 32000.
//
// HDF5 itself has no decoder of it, and h5py's is part of h5py. Nothing here writes such data.
#ifndef IO_FILES_HDF5_LZF_H
#define IO_FILES_HDF5_LZF_H

#include <stdbool.h>
#include <stddef.h>

#define HDF5_FILTER_LZF 32000

// Makes the filter known to HDF5, which reads such chunks from then on. Any number of times. Wants
// the lock of io/files/hdf5_lock.h.
void hdf5_lzf_register(void);

// The bytes that `count` packed ones become; 0: they are damaged.
size_t lzf_size(const unsigned char *packed, size_t count);

// Unpacks them into as many bytes. False: they are damaged, and `out` holds anything.
bool lzf_unpack(const unsigned char *packed, size_t count, unsigned char *out, size_t bytes);

#endif
