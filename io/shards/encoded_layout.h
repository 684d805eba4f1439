// io/shards/encoded_layout.h -- the part of shard_layout for encoded images: bytes and offsets
// (io/shards/shard.h).
#ifndef IO_SHARDS_ENCODED_LAYOUT_H
#define IO_SHARDS_ENCODED_LAYOUT_H

#include "io/shards/shard_layout.h"

#include <hdf5.h>

// Whether the file has encoded images where the source looks for images. Wants the lock.
bool encoded_layout_here(hid_t file, const dataset_source *source);

// Count, largest height, width and number of bytes, and where the bytes stand. All offsets are
// looked at once, and not kept. Wants the lock. Errors: ST_CONFIG axes that images do not have;
// ST_BAD_DATA (names the file and what is wrong), ST_IO.
status encoded_layout_read(shard_layout *layout, hid_t file, const dataset_source *source);

#endif
