// io/shards/shard_type.h -- which numbers the images of a file are, by their HDF5 type.
#ifndef IO_SHARDS_SHARD_TYPE_H
#define IO_SHARDS_SHARD_TYPE_H

#include "io/shards/shard_layout.h"

#include <hdf5.h>

// Sets layout->type, kind, element_bytes and swapped for the data set `images`, which is called
// `name`. Wants the lock of io/files/hdf5_lock.h. Errors: ST_BAD_DATA other numbers than
// io/images/numbers.h knows.
status shard_type_read(shard_layout *layout, hid_t images, const char *name);

#endif
