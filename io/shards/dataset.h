// io/shards/dataset.h -- many HDF5 files seen as one array of labelled images.
//
// A data set is a list of shards (a glob), each holding `images` with one sample per first index.
// A user's own file is a data set too: the job names the data set path and the order of axes.
// Shards of encoded images (JPEG, PNG; io/shards/shard.h) are decoded here, each to its own size.
// Nothing is read ahead of need and memory does not grow with the number of samples.
// Not thread-safe: one thread at a time uses a data set (the loader's I/O thread while it runs).
#ifndef IO_SHARDS_DATASET_H
#define IO_SHARDS_DATASET_H

#include "base/config.h"
#include "base/status.h"
#include "io/images/image_info.h"

#include <stdint.h>

typedef struct dataset_source {
    const char *files;  // glob; matches are taken in the order of their names
    const char *images; // path of the images inside each file, "/images"
    const char *labels; // path of the labels, any integers; "" = none. "/labels" may be absent
    // An order of the letters NHWC, also small ones; without N each file is one image, without C there is
    // one channel. "" or "auto": by the number of sizes NHWC, NHW or HW, if that makes plausible images.
    const char *axes;
} dataset_source;

// A sample as its file has it: pixels in the file's byte order and axes, or an encoded image. Not owned.
typedef struct stored_sample {
    uint64_t shard, index; // number of the file, and of the sample in it
    const char *file;
    uint64_t place; // of its first byte in the file; 0: it is not in one piece there (chunks)
    void *bytes;
    size_t size; // bytes
} stored_sample;

typedef struct dataset dataset;

// Looks at all shards, file locking off. Images may be uint8, uint16 or float32 in either byte
// order, contiguous, chunked or compressed by any filter that HDF5 has here. Mean and deviation come from
// the files' attributes if all shards have them (one number a channel), else from at most 2048
// samples spread evenly over the data set. At most 256 files are open at a time.
// Errors: ST_NO_INPUT no file matches; ST_CONFIG axes that are no order; ST_BAD_DATA not HDF5,
// truncated, no such data set (lists those there are), wrong type or rank, shards that disagree, a
// label below 0 (other than -1 = unlabelled) or above 2^20; ST_IO. Messages name the file.
status dataset_open(dataset **out, const dataset_source *source);

const dataset_info *dataset_get_info(const dataset *d);

// XXH3-64 of what the shards look like: their sizes in bytes and samples, in order, and the type,
// dims, mean and deviation of the images. Not of their paths, nor of every pixel.
uint64_t dataset_hash(const dataset *d);

// One number for all channels: the root of the average of their squared deviations; 1 if all are 0.
float dataset_deviation(const dataset_info *info);

// Sample `index` into `pixels` (sample_bytes) as height, width, channels, in the stored type and
// this machine's byte order. Checks the sample's crc32c when the shard has /sample_crc32c, and that
// floats are finite. Allocates nothing.
// Errors: ST_BAD_DATA (names file and sample), ST_IO.
status dataset_read(dataset *d, uint64_t index, void *pixels); // for data sets that are not varied

// The same for any data set: pixels (size->height, size->width, channels), at most sample_bytes.
// Errors: also ST_BAD_DATA an image that cannot be decoded, or is larger than its shard says.
status dataset_read_sized(dataset *d, uint64_t index, void *pixels, image_size *size);

// The two halves of dataset_read_sized. dataset_fetch reads sample `index`, valid until the next fetch,
// and checks its crc32c; dataset_decode makes pixels of it, and checks that floats are finite.
status dataset_fetch(dataset *d, uint64_t index, stored_sample *stored);
status dataset_decode(dataset *d, const stored_sample *stored, void *pixels, image_size *size);

// Labels of samples first .. first+count-1; -1 = unlabelled. Errors: ST_BAD_DATA, ST_IO.
status dataset_read_labels(dataset *d, uint64_t first, uint64_t count, int64_t *labels);

void dataset_close(dataset *d);

#endif
