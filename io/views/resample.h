// io/views/resample.h -- a rectangle of an image resized to a whole image, without aliasing.
#ifndef IO_VIEWS_RESAMPLE_H
#define IO_VIEWS_RESAMPLE_H

#include "io/views/augment.h"

typedef struct box {
    int x, y, width, height; // pixels; x to the right, y downwards
} box;

// Scratch that resample needs for any box inside `in`, in floats.
size_t resample_scratch_floats(const image *in, const image *out);

// Resizes the pixels of `b`, and no others, to the size of `out`: linear interpolation where the
// image grows, a triangle as wide as two output pixels where it shrinks. Same size: a plain copy.
void resample(const image *in, const box *b, image *out, float *scratch);

// For a step that resizes: sets the sizes of `out`, height and width `size`, or those of `in` when
// size is 0. Always ST_OK.
status resample_reshape(int64_t size, const image *in, image *out);

// Its augment_type.scratch_floats.
size_t resample_step_scratch(const void *settings, const image *in, const image *out);

#endif
