// io/gaussian.c -- a separable Gaussian: rows in a padded copy, then columns row by row.
#include "io/gaussian.h"

#include "base/status.h"

#include <math.h>
#include <string.h>

gaussian gaussian_of(double sigma, int radius)
{
    ASSERT(sigma > 0 && radius >= 0 && radius <= GAUSSIAN_MAX_RADIUS);
    gaussian g = {.radius = radius};
    double values[GAUSSIAN_MAX_RADIUS + 1], sum = 0;
    for (int d = 0; d <= radius; d++) {
        values[d] = exp(-d * d / (2 * sigma * sigma));
        sum += d == 0 ? values[d] : 2 * values[d];
    }
    for (int d = 0; d <= radius; d++)
        g.weights[d] = (float)(values[d] / sum);
    return g;
}

// Index i, at most GAUSSIAN_MAX_RADIUS outside, mirrored into 0 .. count-1; more than once where the
// image is smaller than the radius.
static int mirrored(int i, int count)
{
    int period = 2 * count;
    i = ((i % period) + period) % period;
    return i < count ? i : period - 1 - i;
}

// A row to itself. padded: width + 2 radius floats.
static void blur_row(const gaussian *g, float *row, int width, float *padded)
{
    float *middle = padded + g->radius;
    memcpy(middle, row, (size_t)width * sizeof *row);
    for (int d = 1; d <= g->radius; d++) {
        middle[-d] = row[mirrored(-d, width)];
        middle[width - 1 + d] = row[mirrored(width - 1 + d, width)];
    }
    for (int x = 0; x < width; x++)
        row[x] = g->weights[0] * middle[x];
    for (int d = 1; d <= g->radius; d++) {
        float weight = g->weights[d];
        const float *before = middle - d, *after = middle + d;
        for (int x = 0; x < width; x++)
            row[x] += weight * (before[x] + after[x]);
    }
}

// (height, width) from `in` to `out`, along columns, row by row.
static void blur_columns(const gaussian *g, const float *in, float *out, int height, int width)
{
    for (int y = 0; y < height; y++) {
        float *to = out + (size_t)y * (size_t)width;
        const float *centre = in + (size_t)y * (size_t)width;
        for (int x = 0; x < width; x++)
            to[x] = g->weights[0] * centre[x];
        for (int d = 1; d <= g->radius; d++) {
            float weight = g->weights[d];
            const float *above = in + (size_t)mirrored(y - d, height) * (size_t)width;
            const float *below = in + (size_t)mirrored(y + d, height) * (size_t)width;
            for (int x = 0; x < width; x++)
                to[x] += weight * (above[x] + below[x]);
        }
    }
}

// One plane after its rows, and one padded row.
size_t gaussian_scratch_floats(int height, int width)
{
    return (size_t)height * (size_t)width + (size_t)width + (size_t)2 * GAUSSIAN_MAX_RADIUS;
}

void gaussian_smooth(const gaussian *g, float *plane, int height, int width, float *scratch)
{
    size_t count = (size_t)height * (size_t)width;
    float *rows = scratch, *padded = scratch + count;
    memcpy(rows, plane, count * sizeof *rows);
    for (int y = 0; y < height; y++)
        blur_row(g, rows + (size_t)y * (size_t)width, width, padded);
    blur_columns(g, rows, plane, height, width);
}
