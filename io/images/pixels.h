// io/images/pixels.h -- one sample's pixels: from the axes of a file to H, W, C.
#ifndef IO_IMAGES_PIXELS_H
#define IO_IMAGES_PIXELS_H

#include "io/images/image_info.h"

#include <stddef.h>

size_t pixel_bytes(pixel_type type);

// Steps, in pixels, from one row, column and channel to the next.
typedef struct pixel_strides {
    size_t height, width, channels;
} pixel_strides;

// `from` with any strides becomes `to` (height, width, channels).
void pixels_arrange(void *to, const void *from, const pixel_strides *strides,
                    const dataset_info *shape);

// False when one of `count` floats is NaN or infinite.
bool pixels_finite(const float *pixels, size_t count);

#endif
