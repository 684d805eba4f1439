// io/checkpoint_format.h -- what the writer and the reader of checkpoints share.
#ifndef IO_CHECKPOINT_FORMAT_H
#define IO_CHECKPOINT_FORMAT_H

#include "io/checkpoint.h"

#include <hdf5.h>

#define CHECKPOINT_HASH "xxh3_64" // attribute of every array

// The type in the file (little-endian) and in memory.
hid_t array_stored(array_type type);
hid_t array_native(array_type type);

size_t array_bytes(const checkpoint_array *array);
uint64_t array_hash(const checkpoint_array *array); // XXH3-64 of the contents

#endif
