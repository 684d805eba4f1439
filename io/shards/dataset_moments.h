// io/shards/dataset_moments.h -- mean and deviation of each channel of a data set.
#ifndef IO_SHARDS_DATASET_MOMENTS_H
#define IO_SHARDS_DATASET_MOMENTS_H

#include "io/shards/shard_layout.h"

// Pools the files' own mean and deviation, weighted by their samples, into `info`; false when a
// file has none, or some that cannot be. Says in `info` whose they are, if the file is no shard of
// ours.
bool dataset_moments_pool(dataset_info *info, const shard_layout *shards, uint64_t shard_count);

// From at most 2048 samples spread evenly over the data set, always added in the same order.
// Errors: as dataset_read, ST_INTERNAL no memory.
status dataset_moments_scan(dataset_info *info, dataset *d);

#endif
