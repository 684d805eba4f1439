// io/shards/shard_writer.h -- writes one Basin shard (io/shards/shard.h) that is either whole or
// not there.
//
//   shard_writer_open ─> shard_writer_add, `count` times ─┬─> shard_writer_close
//                                                         └─> shard_writer_abandon
//
// Samples are written as they come; mean and deviation over the shard's samples and each sample's
// CRC-32C are worked out on the way.
#ifndef IO_SHARDS_SHARD_WRITER_H
#define IO_SHARDS_SHARD_WRITER_H

#include "io/shards/dataset.h"
#include "io/shards/shard.h"

// What all samples of a source have in common.
typedef struct sample_shape {
    int height, width, channels; // at most DATASET_MAX_CHANNELS
    pixel_type type;
    bool labelled;
    const char *class_names; // one a line in the order of labels; NULL: not known. Not owned
    bool coarse;             // labelled a second time, by groups of classes
} sample_shape;

// Of one sample, (height, width, channels).
size_t sample_bytes(const sample_shape *shape);

typedef struct shard_writer shard_writer;

// For exactly `count` samples, count > 0. Errors: ST_IO with path and reason, ST_INTERNAL no
// memory.
status shard_writer_open(shard_writer **opened, const char *path, const sample_shape *shape,
                         uint64_t count);

// The next sample. labels: its label when the shape is labelled, and its coarse one when it has
// such; -1 = unlabelled. Errors: ST_IO, after which only abandon may follow.
status shard_writer_add(shard_writer *w, const void *pixels, const int64_t *labels);

// Before close: where the samples come from.
void shard_writer_set_source(shard_writer *w, const shard_source *source);

// After `count` samples: the file appears under its name. Frees w, also on errors: ST_IO, and then
// nothing is left behind.
status shard_writer_close(shard_writer *w);

// Removes what was written so far, and frees w.
void shard_writer_abandon(shard_writer *w);

#endif
