// io/images/gaussian.c -- a separable Gaussian: rows in a padded copy, then columns row by row,
// each output a sum in a register.
#include "io/images/gaussian.h"

#include "base/status.h"
#include "base/vector.h"

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

// Index i, at most GAUSSIAN_MAX_RADIUS outside, mirrored into 0 .. count-1; more than once where
// the image is smaller than the radius.
static int mirrored(int i, int count)
{
    int period = 2 * count;
    i = ((i % period) + period) % period;
    return i < count ? i : period - 1 - i;
}

#define PAIR ((size_t)2 * VECTOR) // outputs at a time

// Both filters run over whole pairs, and so beyond the width; rows of their own are this long.
static size_t row_stride(int width)
{
    return ((size_t)width + PAIR - 1) / PAIR * PAIR;
}

typedef struct vector_pair {
    vector low, high;
} vector_pair;

static inline void load_pair(vector_pair *to, const float *from)
{
    memcpy(&to->low, from, sizeof to->low);
    memcpy(&to->high, from + VECTOR, sizeof to->high);
}

static inline void begin_sum(vector_pair *sum, float weight, const float *centre)
{
    load_pair(sum, centre);
    sum->low = weight * sum->low;
    sum->high = weight * sum->high;
}

static inline void add_to_sum(vector_pair *sum, float weight, const float *before,
                              const float *after)
{
    vector_pair a, b;
    load_pair(&a, before);
    load_pair(&b, after);
    a.low = weight * (a.low + b.low);
    a.high = weight * (a.high + b.high);
    sum->low = sum->low + a.low;
    sum->high = sum->high + a.high;
}

// (width) from `row` to `out`, of row_stride. padded: row_stride + 2 radius floats.
static void blur_row(const gaussian *g, const float *row, float *out, int width, float *padded)
{
    float *middle = padded + g->radius;
    memcpy(middle, row, (size_t)width * sizeof *row);
    for (int d = 1; d <= g->radius; d++) {
        middle[-d] = row[mirrored(-d, width)];
        middle[width - 1 + d] = row[mirrored(width - 1 + d, width)];
    }
    for (size_t x = 0; x < row_stride(width); x += PAIR) {
        vector_pair sum;
        begin_sum(&sum, g->weights[0], middle + x);
        for (int d = 1; d <= g->radius; d++)
            add_to_sum(&sum, g->weights[d], middle + x - d, middle + x + d);
        memcpy(out + x, &sum, sizeof sum);
    }
}

// (height, row_stride) from `in` to `out` (height, width), along columns, row by row.
static void blur_columns(const gaussian *g, const float *in, float *out, int height, int width)
{
    size_t stride = row_stride(width), count = (size_t)width;
    const float *before[GAUSSIAN_MAX_RADIUS + 1], *after[GAUSSIAN_MAX_RADIUS + 1];
    for (int y = 0; y < height; y++, out += width) {
        const float *centre = in + (size_t)y * stride;
        for (int d = 1; d <= g->radius; d++) {
            before[d] = in + (size_t)mirrored(y - d, height) * stride;
            after[d] = in + (size_t)mirrored(y + d, height) * stride;
        }
        for (size_t x = 0; x < count; x += PAIR) {
            vector_pair sum;
            begin_sum(&sum, g->weights[0], centre + x);
            for (int d = 1; d <= g->radius; d++)
                add_to_sum(&sum, g->weights[d], before[d] + x, after[d] + x);
            if (count - x >= PAIR)
                memcpy(out + x, &sum, sizeof sum);
            else
                memcpy(out + x, &sum, (count - x) * sizeof *out);
        }
    }
}

// One plane after its rows, and one padded row.
size_t gaussian_scratch_floats(int height, int width)
{
    size_t stride = row_stride(width);
    return (size_t)height * stride + stride + (size_t)2 * GAUSSIAN_MAX_RADIUS;
}

void gaussian_smooth(const gaussian *g, float *plane, int height, int width, float *scratch)
{
    size_t stride = row_stride(width);
    float *rows = scratch, *padded = scratch + (size_t)height * stride;
    memset(padded, 0, (stride + (size_t)2 * GAUSSIAN_MAX_RADIUS) * sizeof *padded);
    for (int y = 0; y < height; y++)
        blur_row(g, plane + (size_t)y * (size_t)width, rows + (size_t)y * stride, width, padded);
    blur_columns(g, rows, plane, height, width);
}
