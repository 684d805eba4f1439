// io/packing/synths/spiral.c -- points of a plane on a spiral, without noise; see spiral.h.
//
// A sample is one pixel of two channels, float32: the two coordinates. There are no labels. A
// method adds the noise it wants (denoising), and what it learns is compared with the known
// density.
#include "io/packing/synths/spiral.h"

#include "io/packing/synth.h"

#include <math.h>

#define PI 3.141592653589793

void spiral_point(double u, double point[2])
{
    double radius = sqrt(0.25 + 6 * u), angle = 2 * PI * radius;
    point[0] = radius * cos(angle);
    point[1] = radius * sin(angle);
}

static int64_t draw(rng *r, uint64_t index, int size, void *pixels)
{
    (void)index, (void)size;
    float *coordinates = pixels;
    double point[2];
    spiral_point((double)rng_uniform(r), point);
    for (int i = 0; i < 2; i++)
        coordinates[i] = (float)point[i];
    return -1;
}

const synth_type synth_spiral = {
    .name = "spiral",
    .help = "points on a spiral in the plane, as 1 x 1 images of 2 channels, without labels",
    .type = PIXEL_F32,
    .channels = 2,
    .smallest = 1,
    .largest = 1,
    .usual = 1,
    .draw = draw,
};
