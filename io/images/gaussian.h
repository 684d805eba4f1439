// io/images/gaussian.h -- smoothing a plane by a Gaussian.
//   y = g * x along rows, then along columns;  g(d) ~ exp(-d^2 / 2 sigma^2), |d| <= radius, sum 1
//   outside the image it is mirrored, the outermost pixel once: a b | b a
#ifndef IO_IMAGES_GAUSSIAN_H
#define IO_IMAGES_GAUSSIAN_H

#include <stddef.h>

#define GAUSSIAN_MAX_RADIUS 30

typedef struct gaussian {
    int radius;
    float weights[GAUSSIAN_MAX_RADIUS + 1]; // of distance 0 .. radius; both sides add up to 1
} gaussian;

// sigma > 0 in pixels, radius 0 .. GAUSSIAN_MAX_RADIUS; it may be larger than the image.
gaussian gaussian_of(double sigma, int radius);

// Floats of scratch that gaussian_smooth needs.
size_t gaussian_scratch_floats(int height, int width);

// plane (height, width), in place.
void gaussian_smooth(const gaussian *g, float *plane, int height, int width, float *scratch);

#endif
