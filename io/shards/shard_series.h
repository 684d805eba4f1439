// io/shards/shard_series.h -- one stream of samples cut into numbered shards of at most so many
// samples.
//
//   PREFIX-00000.h5 PREFIX-00001.h5 ...
//
// All of them come to be, or none: on a failure those already written are removed again.
#ifndef IO_SHARDS_SHARD_SERIES_H
#define IO_SHARDS_SHARD_SERIES_H

#include "io/files/named_output.h"
#include "io/shards/shard_writer.h"

typedef struct shard_series shard_series;

typedef struct shard_series_result {
    uint64_t samples;
    uint64_t bytes; // of all files
    int files;
    int64_t classes; // 1 + largest label; 0 without labels
} shard_series_result;

// For `total` samples. Makes the folder of `prefix` if it is not there. Errors: ST_USAGE shards of
// that prefix may not be written by the rules (io/files/named_output.h); ST_BAD_DATA no samples;
// ST_IO.
status shard_series_open(shard_series **opened, const char *prefix, const sample_shape *shape,
                         uint64_t total, uint64_t shard_size, const output_rules *rules);

// The next sample; labels as shard_writer_add has them. Shows progress. Errors: ST_IO, after which
// only abandon may follow.
status shard_series_add(shard_series *s, const void *pixels, const int64_t *labels);

// After `total` samples. Removes further shards of the prefix that an earlier, longer series left.
// Frees s, also on errors: ST_IO, and then no shard is left behind.
status shard_series_close(shard_series *s, shard_series_result *result);

// Removes all shards of this series, and frees s.
void shard_series_abandon(shard_series *s);

// Removes the first `files` shards of the prefix: a closed series is not wanted after all.
void shard_series_remove(const char *prefix, int files);

#endif
