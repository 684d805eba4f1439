// io/shards/shard_names.h -- the names of numbered shards, PREFIX-00000.h5 PREFIX-00001.h5 ..., and
// which of them may be written.
#ifndef IO_SHARDS_SHARD_NAMES_H
#define IO_SHARDS_SHARD_NAMES_H

#include "io/files/named_output.h"

#include <limits.h>
#include <stdint.h>

// PREFIX-NUMBER.h5 into `path`, which is returned.
const char *shard_name(const char *prefix, uint64_t number, char path[PATH_MAX]);

// Whether `count` shards may be written, and those removed that follow them from an earlier, longer
// series: io/files/named_output.h for each name. Makes the prefix's folder. Errors: ST_USAGE,
// ST_IO.
status shard_names_check(const char *prefix, uint64_t count, const output_rules *rules);

// Removes the files of shards number `count` and up, as far as they follow each other.
void shard_names_remove_from(const char *prefix, uint64_t count);

#endif
