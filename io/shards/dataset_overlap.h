// io/shards/dataset_overlap.h -- do two data sets hold the same files? Then what is learnt from one
// is not tested by the other.
#ifndef IO_SHARDS_DATASET_OVERLAP_H
#define IO_SHARDS_DATASET_OVERLAP_H

#include "io/shards/dataset.h"

typedef struct dataset_overlap {
    uint64_t files;    // of b that are in a, too: the same file by another name, or a copy
    const char *first; // the first of them, as b names it; NULL: none. A view
} dataset_overlap;

// A copy has as many bytes and samples, and the same bytes in samples spread over it. Samples are
// looked at only where sizes are equal, of at most 64 files each. What cannot be read counts as
// different.
void dataset_overlap_find(dataset *a, dataset *b, dataset_overlap *found);

#endif
