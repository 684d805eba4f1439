// io/shards/shard_columns.h -- what stands beside the images of a shard being written.
//
//   shard_columns_create ─> shard_columns_add, each sample ─> _write ─> shard_columns_free
//
// Labels and CRC-32C of each sample, mean and deviation over all pixels, and the attributes.
#ifndef IO_SHARDS_SHARD_COLUMNS_H
#define IO_SHARDS_SHARD_COLUMNS_H

#include "io/shards/shard_writer.h"

#include <hdf5.h>

typedef struct shard_sample {
    const void *stored; // as it stands in the file
    size_t stored_bytes;
    const void *pixels; // (height, width, channels)
    int height, width;
    const int64_t *labels; // one, or two: as shard_writer_add has them
} shard_sample;

typedef struct shard_columns {
    sample_shape shape;
    shard_source source;
    uint64_t room, count; // samples
    int64_t *labels;      // (room)
    int64_t *coarse;      // (room); NULL without coarse labels
    uint32_t *crcs;       // (room)
    // Images differ in size: each then counts alike, as it does in views of one size. Else each
    // pixel.
    bool varied;
    int least_height, least_width; // of the samples so far; 0: none yet
    double weight;                 // samples if varied, else pixels of one channel
    // In stored units, per channel. Integers are summed exactly sample by sample.
    double sum[DATASET_MAX_CHANNELS], squares[DATASET_MAX_CHANNELS];
} shard_columns;

// For at most `room` samples of the shard `path`. Errors: ST_INTERNAL no memory.
status shard_columns_create(shard_columns *c, const char *path, const sample_shape *shape,
                            uint64_t room);

// The next sample.
void shard_columns_add(shard_columns *c, const shard_sample *sample);

// Both want the lock of io/files/hdf5_lock.h, and say whether all went well.
//   layout  of the images, for the attribute
bool shard_columns_write(const shard_columns *c, hid_t file, const char *layout);
// A one-dimensional data set of `count` values, of type `given` in memory and `stored` in the file,
// without times, so that equal contents give equal files.
bool shard_write_column(hid_t file, const char *name, hid_t stored, hid_t given, hsize_t count,
                        const void *values);
// An attribute of the root with one number.
bool shard_write_number(hid_t file, const char *name, hid_t stored, hid_t given, const void *value);
// An attribute of the root with a text.
bool shard_write_text(hid_t file, const char *name, const char *text);

void shard_columns_free(shard_columns *c);

#endif
