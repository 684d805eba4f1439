// io/files/seal.h -- a last record of a file that says what all bytes before it were.
//
//   bytes of the file | "basin:s1" | bytes before the seal | their XXH3-64 | XXH3-64 of these 24
//   bytes
//
// HDF5 1.10 reads a damaged file with trust: a flipped bit in its own structures can crash the
// process or keep it busy for ever. A seal is checked before HDF5 sees the file. HDF5 does not mind
// what stands behind its end. Numbers are little-endian.
#ifndef IO_FILES_SEAL_H
#define IO_FILES_SEAL_H

#include "base/status.h"

#define SEAL_BYTES 32

// Appends the seal. Does not make it durable. Errors: ST_IO.
status seal_write(const char *path);

// Errors: ST_BAD_DATA no seal, or the bytes are not those that were sealed; ST_NO_INPUT, ST_IO.
status seal_check(const char *path);

// The same, but a file without a seal is good: for who does not know yet what it is.
status seal_check_if_any(const char *path);

#endif
