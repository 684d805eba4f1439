// io/views/local_contrast.h -- local contrast normalisation, and its inverse.
//
//   m = average over channels of G * x_c          G: a Gaussian window, mirrored borders
//   v_c = x_c - m
//   s = sqrt(average over channels of G * v_c^2)
//   d = max(s, floor), or max(s, floor, average of s over the image)
//   y_c = v_c / d                                 so x_c = y_c d + m
//
// Channels are taken together: m and d are one plane each, and colours keep their proportions.
//   source: Jarrett, Kavukcuoglu, Ranzato, LeCun 2009 (ICCV), "What is the best multi-stage
//   architecture for object recognition?", section 2; the floor there is the average of s
#ifndef IO_VIEWS_LOCAL_CONTRAST_H
#define IO_VIEWS_LOCAL_CONTRAST_H

#include "io/views/augment.h"
#include "io/images/gaussian.h"

typedef struct local_contrast {
    gaussian window;
    float floor;        // > 0, in the units of x: fainter contrast is not raised to 1
    bool average_floor; // d is also at least the average of s
} local_contrast;

// Floats of scratch that local_contrast_normalise needs.
size_t local_contrast_scratch_floats(int height, int width);

// x to y in place. mean, divisor: m and d, (height, width) each, the caller's.
void local_contrast_normalise(const local_contrast *how, const image *x, float *mean,
                              float *divisor, float *scratch);

// y to x in place, by the maps of its normalisation.
void local_contrast_restore(const image *y, const float *mean, const float *divisor);

#endif
