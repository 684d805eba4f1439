// io/shards/dataset_private.h -- what the files of dataset share: the files behind one index.
//
//   dataset.c   opening               dataset_files.c    files
//                                     dataset_labels.c   labels
//                                     dataset_samples.c  samples
//                                     dataset_pixels.c   stored numbers to pixels, NaN
#ifndef IO_SHARDS_DATASET_PRIVATE_H
#define IO_SHARDS_DATASET_PRIVATE_H

#include "io/images/image_decoder.h"
#include "io/shards/dataset.h"
#include "io/shards/dataset_classes.h"
#include "io/shards/shard_reader.h"

struct dataset {
    dataset_info info;
    dataset_part part;
    char *images, *labels; // data set paths
    shard_layout *shards;
    uint64_t *first; // (shard_count + 1) index of each file's first sample; the last is the count
    uint64_t shard_count;
    dataset_classes classes;
    shard_reader reader;
    image_decoder *decoder; // NULL when no image is encoded
    float *floats;          // one sample of numbers that no pixel_type holds; NULL: there are none
    nan_rule nan;
    bool filled;                      // what takes the place of NaN is known
    float fill[DATASET_MAX_CHANNELS]; // that, by channel
};

// Among all samples of the files, the place of the data set's sample `index`.
uint64_t dataset_place(const dataset *d, uint64_t index);

// The file that holds the sample at this place.
uint64_t dataset_find_file(const dataset *d, uint64_t place);

// What dataset_arrange needs. Errors: ST_INTERNAL no memory.
status dataset_pixels_prepare(dataset *d, nan_rule nan);

// dataset_decode of a sample that is no encoded image. NaN that is to be the mean stays NaN, and is
// only counted, until dataset_fill_nan.
status dataset_arrange(dataset *d, const stored_sample *stored, void *pixels, image_size *size);

// Finds labels that stand in files of their own, as the source names them. Errors: as dataset_open.
status dataset_labels_attach(dataset *d, const dataset_source *source);

#endif
