// io/colour.h -- colours and how they change: each on a whole RGB image in place, clamped to 0 .. 1.
#ifndef IO_COLOUR_H
#define IO_COLOUR_H

#include "io/augment.h"

// Luma of ITU-R BT.601.
static inline float colour_grey(float red, float green, float blue)
{
    return 0.299f * red + 0.587f * green + 0.114f * blue;
}

static inline float colour_clamp(float x)
{
    x = x < 0.0f ? 0.0f : x;
    return x > 1.0f ? 1.0f : x;
}

// y = factor x
void colour_change_brightness(const image *x, float factor);

// y = factor x + (1 - factor) m,  m = mean grey of the image
void colour_change_contrast(const image *x, float factor);

// y = factor x + (1 - factor) grey(x)
void colour_change_saturation(const image *x, float factor);

// Hue h -> h + shift, in turns of the HSV circle, -0.5 .. 0.5; value and chroma are kept.
void colour_change_hue(const image *x, float shift);

#endif
