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

#include <limits.h>
#include <stdint.h>

// Some of the samples: every n-th, in the order of files, is held out for testing.
typedef struct dataset_part {
    uint64_t every; // n; 0: all samples
    bool held_out;  // those; else all others
} dataset_part;

// What is done with pixels that are NaN.
typedef enum nan_rule { NAN_REFUSE, NAN_ZERO, NAN_MEAN } nan_rule;
#define NAN_RULES "refuse|zero|mean" // names, in this order

// Samples of a data set, at most: their numbers tell their random draws apart (base/rng.h).
#define DATASET_MOST_SAMPLES ((uint64_t)1 << 48)

typedef struct dataset_source {
    const char *files;  // paths, globs, folders or lists (io/files/file_list.h)
    const char *from;   // folder that relative paths start from; NULL or "": the working directory
    const char *images; // path of the images inside each file, "/images"
    // Path of the labels (io/shards/label_column.h); "" = none. "/labels" may be absent.
    // "FILES:/path" are labels in files of their own: one for each file of images, or one for all,
    // in the order of samples.
    const char *labels;
    bool by_number; // equal label numbers mean equal classes, whatever names the files give
    // An order of the letters NHWC, also small ones; without N each file is one image, without C
    // there is one channel. "" or "auto": by the number of sizes NHWC, NHW or HW, if that makes
    // plausible images.
    const char *axes;
    dataset_part part;
    nan_rule nan;
    uint64_t each; // samples that are taken of each image; 0: 1
} dataset_source;

// A sample as its file has it: pixels in the file's byte order and axes, or an encoded image. Not
// owned.
typedef struct stored_sample {
    uint64_t shard, index; // number of the file, and of the sample in it
    const char *file;
    uint64_t place; // of its first byte in the file; 0: it is not in one piece there (chunks)
    void *bytes;
    size_t size; // bytes
} stored_sample;

typedef struct dataset dataset;

// Looks at all shards, file locking off. Images may be integers, floats of 16 to 64 bits or bool in
// either byte order, contiguous, chunked or compressed by any filter that HDF5 has here; what is
// neither uint8, uint16 nor float32 is read as float32. Mean and deviation come from
// the files' attributes if all shards have them (one number a channel), else from at most 2048
// samples spread evenly over the data set. At most 256 files are open at a time.
// Errors: ST_NO_INPUT no file matches; ST_CONFIG axes that are no order, or more than 2^48 samples
// of fewer images; ST_BAD_DATA more images than that, not HDF5,
// truncated, no such data set (lists those there are), wrong type or rank, shards that disagree
// (also in whether they name their classes), a label below 0 (other than -1 = unlabelled) or above
// 2^20, or without a name among the names; ST_IO. Messages name the file.
status dataset_open(dataset **out, const dataset_source *source);

// How many samples it would have, from the files' headers. Errors: as dataset_open.
status dataset_count(const dataset_source *source, uint64_t *count);

const dataset_info *dataset_get_info(const dataset *d);

// Whether it leaves out samples of its files.
bool dataset_is_part(const dataset *d);

uint64_t dataset_file_count(const dataset *d);

// The path of file `number`, and its first sample and their count. A view.
const char *dataset_file(const dataset *d, uint64_t number, uint64_t *first, uint64_t *count);

// XXH3-64 of what the shards are: their sizes in bytes and samples, in order, the type, dims, mean
// and deviation of the images, and their checksums or a few of them (io/shards/shard_prints.h). Not
// of their paths. Errors: as dataset_fetch.
status dataset_hash(dataset *d, uint64_t *found);

// One number for all channels: the root of the average of their squared deviations; 1 if all are 0.
float dataset_deviation(const dataset_info *info);

// Sample `index` into `pixels` (sample_bytes) as height, width, channels, in info->type and
// this machine's byte order. Checks the sample's crc32c when the shard has /sample_crc32c, and that
// floats are finite, but for NaN where the source has a rule for it. Allocates nothing.
// Errors: ST_BAD_DATA (names file and sample), ST_IO.
status dataset_read(dataset *d, uint64_t index, void *pixels); // for data sets that are not varied

// The same for any data set: pixels (size->height, size->width, channels), at most sample_bytes.
// Errors: also ST_BAD_DATA an image that cannot be decoded, or is larger than its shard says.
status dataset_read_sized(dataset *d, uint64_t index, void *pixels, image_size *size);

// The two halves of dataset_read_sized. dataset_fetch reads sample `index`, valid until the next
// fetch, and checks its crc32c; dataset_decode makes pixels of it, and checks that floats are
// finite.
status dataset_fetch(dataset *d, uint64_t index, stored_sample *stored);
status dataset_decode(dataset *d, const stored_sample *stored, void *pixels, image_size *size);

// The part of a source's labels "FILES:/path" that stands in a file, and what comes before into
// `files`; all of `labels` when it names no files.
const char *dataset_labels_inside(const char *labels, char files[PATH_MAX]);

// Labels of samples first .. first+count-1; -1 = unlabelled. Where the files name their classes
// (attribute class_names, or labels that are texts), one name has one label in all of them.
// Errors: ST_BAD_DATA, ST_IO.
status dataset_read_labels(dataset *d, uint64_t first, uint64_t count, int64_t *labels);

// From now on a class of d has the label that `leader` has for its name; classes that leader lacks
// get labels behind. Nothing happens where one is unlabelled, or neither has names.
// Errors: ST_BAD_DATA one names its classes and the other does not; ST_INTERNAL no memory.
status dataset_follow_classes(dataset *d, const dataset *leader);

// NULL: the files have no names. A view.
const char *dataset_class_name(const dataset *d, int64_t label);

// From now on NaN in the pixels of d are these numbers, one a channel, if they are to be the mean:
// that of training data in whichever data. Until then it is d's own.
void dataset_fill_nan(dataset *d, const float *mean);

void dataset_close(dataset *d);

#endif
