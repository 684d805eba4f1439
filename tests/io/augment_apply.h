// tests/io/augment_apply.h -- one view of one image, taken just for it.
#ifndef TESTS_IO_AUGMENT_APPLY_H
#define TESTS_IO_AUGMENT_APPLY_H

#include "io/views/augment.h"

// Which view it is.
typedef struct view_key {
    uint64_t seed;
    uint32_t epoch;
    uint64_t sample;
    uint32_t view;
} view_key;

static inline image_size stored_size(const dataset_info *info)
{
    return (image_size){info->height, info->width};
}

static inline void augment_apply(augmenter *a, view_key key, const void *pixels, image_size size,
                                 float *out)
{
    augmenter_take(a, pixels, size);
    augmenter_view(a, key.seed, key.epoch, key.sample, key.view, out);
}

#endif
