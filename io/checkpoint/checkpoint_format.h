// io/checkpoint/checkpoint_format.h -- what the writer and the reader of checkpoints share.
#ifndef IO_CHECKPOINT_CHECKPOINT_FORMAT_H
#define IO_CHECKPOINT_CHECKPOINT_FORMAT_H

#include "io/checkpoint/checkpoint.h"

#include <hdf5.h>

#define CHECKPOINT_HASH     "xxh3_64"  // attribute of every array
#define CHECKPOINT_MANIFEST "manifest" // attribute of the root

// The type in the file (little-endian) and in memory.
hid_t array_stored(array_type type);
hid_t array_native(array_type type);

// Shares of the manifest, which is the sum of all shares modulo 2^64: XXH3-64 of an array's name,
// type, dims and hash of contents, or of a text's name and value. So a lost array or a changed text
// is seen.
uint64_t manifest_array(const checkpoint_array *array, uint64_t hash);
uint64_t manifest_text(const char *name, const char *value);

#endif
