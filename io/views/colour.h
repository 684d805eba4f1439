// io/views/colour.h -- colours and how they change: in place, clamped to 0 .. 1.
#ifndef IO_VIEWS_COLOUR_H
#define IO_VIEWS_COLOUR_H

#include "io/views/augment.h"

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

// Some pixels of an RGB image, the same in each plane.
typedef struct colours {
    float *red, *green, *blue;
    int count;
} colours;

// Pixels first .. first + count - 1 of x.
colours colours_of(const image *x, int first, int count);

// y = factor x
void colour_change_brightness(const colours *x, float factor);

// y = factor x + (1 - factor) mean
void colour_change_contrast(const colours *x, float factor, float mean);

// y = factor x + (1 - factor) grey(x)
void colour_change_saturation(const colours *x, float factor);

// Hue h -> h + shift, in turns of the HSV circle, -0.5 .. 0.5; value and chroma are kept.
void colour_change_hue(const colours *x, float shift);

#define COLOUR_LANES 16 // partial sums side by side, so that the order of additions is fixed

// The mean grey of an image, whose pixels are added part by part; all parts but the last are
// multiples of COLOUR_LANES. Begin with zeros.
typedef struct grey_mean {
    float lanes[COLOUR_LANES], rest[COLOUR_LANES]; // rest: greys of the last pixels
    int count, rest_count;
} grey_mean;

void grey_mean_add(grey_mean *m, const colours *x);
float grey_mean_get(const grey_mean *m);

#endif
