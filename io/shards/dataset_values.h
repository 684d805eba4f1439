// io/shards/dataset_values.h -- which values the pixels of a data set have, from some of them.
#ifndef IO_SHARDS_DATASET_VALUES_H
#define IO_SHARDS_DATASET_VALUES_H

#include "io/shards/dataset.h"

#define VALUES_SAMPLES 256               // at most, spread evenly over the data set
#define VALUES_KEPT    ((size_t)1 << 20) // at most

typedef struct dataset_values {
    float least, largest; // of all pixels of these samples, in the units of io/images/image_info.h
    float *sorted;        // (count) some pixels of each, in order; owned
    size_t count;
} dataset_values;

// The same on every rank. Free them also after an error. Errors: as dataset_read; ST_INTERNAL no
// memory.
status dataset_values_measure(dataset *d, dataset_values *v);

// The value that a share of the pixels (0..1) lies below.
float dataset_values_quantile(const dataset_values *v, double share);

// The share of pixels below `low` or above `high`.
double dataset_values_outside(const dataset_values *v, float low, float high);

void dataset_values_free(dataset_values *v);

#endif
