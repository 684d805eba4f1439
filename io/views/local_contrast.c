// io/views/local_contrast.c -- see local_contrast.h.
#include "io/views/local_contrast.h"

#include "base/status.h"

#include <math.h>
#include <string.h>

static size_t plane_floats(const image *x)
{
    return (size_t)x->height * (size_t)x->width;
}

size_t local_contrast_scratch_floats(int height, int width)
{
    return (size_t)height * (size_t)width + gaussian_scratch_floats(height, width);
}

// map = average over channels of G * x_c, or of G * x_c^2. scratch: as local_contrast_normalise's.
static void smooth_average(const gaussian *window, const image *x, bool squared, float *map,
                           float *scratch)
{
    size_t count = plane_floats(x);
    float *plane = scratch, *rest = scratch + count;
    float share = 1.0f / (float)x->channels;
    memset(map, 0, count * sizeof *map);
    for (int c = 0; c < x->channels; c++) {
        const float *from = x->planes + (size_t)c * count;
        for (size_t i = 0; i < count; i++)
            plane[i] = squared ? from[i] * from[i] : from[i];
        gaussian_smooth(window, plane, x->height, x->width, rest);
        for (size_t i = 0; i < count; i++)
            map[i] += share * plane[i];
    }
}

// From s^2 to d, in place.
static void find_divisor(const local_contrast *how, float *map, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        map[i] = sqrtf(map[i]);
        sum += (double)map[i];
    }
    float floor = how->floor, average = (float)(sum / (double)count);
    if (how->average_floor) floor = fmaxf(floor, average);
    for (size_t i = 0; i < count; i++)
        map[i] = fmaxf(map[i], floor);
}

void local_contrast_normalise(const local_contrast *how, const image *x, float *mean,
                              float *divisor, float *scratch)
{
    ASSERT(how->floor > 0.0f);
    size_t count = plane_floats(x);
    smooth_average(&how->window, x, false, mean, scratch);
    for (int c = 0; c < x->channels; c++)
        for (size_t i = 0; i < count; i++)
            x->planes[(size_t)c * count + i] -= mean[i];
    smooth_average(&how->window, x, true, divisor, scratch);
    find_divisor(how, divisor, count);
    for (int c = 0; c < x->channels; c++)
        for (size_t i = 0; i < count; i++)
            x->planes[(size_t)c * count + i] /= divisor[i];
}

void local_contrast_restore(const image *y, const float *mean, const float *divisor)
{
    size_t count = plane_floats(y);
    for (int c = 0; c < y->channels; c++)
        for (size_t i = 0; i < count; i++) {
            float *value = y->planes + (size_t)c * count + i;
            *value = *value * divisor[i] + mean[i];
        }
}
