// models/kernels/pooling.c -- the largest or the mean value under a square window.
//
// A tensor is a list of planes (h, w, block); the innermost loop runs over the block. Each kernel
// is one inline function of the block, compiled once for each of 16, 8 and 1.
#include "models/kernels/pooling.h"

#include "models/kernels/lanes.h"

#include <stdbool.h>
#include <string.h>

// kernel(..., block) with a block the compiler knows.
#define WITH_BLOCK(s, kernel, ...)                                                                 \
    do {                                                                                           \
        if ((s)->block == 16)                                                                      \
            kernel(__VA_ARGS__, 16);                                                               \
        else if ((s)->block == 8)                                                                  \
            kernel(__VA_ARGS__, 8);                                                                \
        else                                                                                       \
            kernel(__VA_ARGS__, 1);                                                                \
    } while (0)

// The part [first, last) of a window at output `at` that lies inside 0 .. size-1.
static void window(const pooling_spec *s, int at, int size, int *first, int *last)
{
    int start = at * s->stride - s->pad;
    *first = start < 0 ? -start : 0;
    *last = size - start < s->kernel ? size - start : s->kernel;
}

static size_t plane_count(const pooling_spec *s)
{
    return (size_t)s->in.n * (size_t)(s->in.c / s->block);
}

static size_t plane_floats(shape s, int block)
{
    return (size_t)s.h * (size_t)s.w * (size_t)block;
}

// Offset in a plane of the pixel at place (u, v) of the window of output (i, j).
static size_t pixel(const pooling_spec *s, int i, int j, int u, int v)
{
    int row = i * s->stride - s->pad + u, column = j * s->stride - s->pad + v;
    return ((size_t)row * (size_t)s->in.w + (size_t)column) * (size_t)s->block;
}

// Places are as wide as values while they are compared: then both are vectors, of which `count`
// numbers are taken.
ALWAYS_INLINE void take_larger(const float *x, int place, vector *best, vector_mask *winner,
                               int count)
{
    vector v = {0};
    vector_load(&v, x, (size_t)count);
    const vector same = v; // from which a NaN differs
    vector_mask wins = (v > *best) | (v != same);
    *best = (vector)((wins & (vector_mask)v) | (~wins & (vector_mask)*best));
    *winner = (wins & place) | (~wins & *winner);
}

// Of as many channels as a register holds, or the `count` that are left of the block.
ALWAYS_INLINE void max_pixel(const pooling_spec *s, const float *x, int i, int j, float *y,
                             uint8_t *winner, int count)
{
    int top, bottom, left, right;
    window(s, i, s->in.h, &top, &bottom);
    window(s, j, s->in.w, &left, &right);
    vector best = {0};
    vector_load(&best, x + pixel(s, i, j, top, left), (size_t)count);
    vector_mask place = (vector_mask){0} + (top * s->kernel + left);
    for (int u = top; u < bottom; u++)
        for (int v = left; v < right; v++)
            take_larger(x + pixel(s, i, j, u, v), u * s->kernel + v, &best, &place, count);
    vector_store(y, &best, (size_t)count);
    for (int b = 0; b < count && b < VECTOR; b++)
        winner[b] = (uint8_t)place[b];
}

ALWAYS_INLINE void max_plane(const pooling_spec *s, const float *x, float *y, uint8_t *winner,
                             int block)
{
    for (int i = 0; i < s->out.h; i++)
        for (int j = 0; j < s->out.w; j++, y += block, winner += block)
            for (int b = 0; b < block; b += VECTOR)
                max_pixel(s, x + b, i, j, y + b, winner + b, block - b);
}

void max_pool_forward(const pooling_spec *s, const float *x, float *y, uint8_t *winner)
{
    size_t in = plane_floats(s->in, s->block), out = plane_floats(s->out, s->block);
    for (size_t p = 0; p < plane_count(s); p++)
        WITH_BLOCK(s, max_plane, s, x + p * in, y + p * out, winner + p * out);
}

ALWAYS_INLINE void max_plane_backward(const pooling_spec *s, const float *dy, const uint8_t *winner,
                                      float *dx, int block)
{
    for (int i = 0; i < s->out.h; i++)
        for (int j = 0; j < s->out.w; j++, dy += block, winner += block)
            for (int b = 0; b < block; b++) {
                int u = winner[b] / s->kernel, v = winner[b] % s->kernel;
                dx[pixel(s, i, j, u, v) + (size_t)b] += dy[b];
            }
}

void max_pool_backward(const pooling_spec *s, const float *dy, const uint8_t *winner, float *dx)
{
    size_t in = plane_floats(s->in, s->block), out = plane_floats(s->out, s->block);
    memset(dx, 0, shape_count(s->in) * sizeof *dx);
    for (size_t p = 0; p < plane_count(s); p++)
        WITH_BLOCK(s, max_plane_backward, s, dy + p * out, winner + p * out, dx + p * in);
}

ALWAYS_INLINE void avg_plane(const pooling_spec *s, const float *x, float *y, int block)
{
    float share = 1.0f / (float)(s->kernel * s->kernel);
    for (int i = 0; i < s->out.h; i++) {
        int top, bottom;
        window(s, i, s->in.h, &top, &bottom);
        for (int j = 0; j < s->out.w; j++, y += block) {
            int left, right;
            window(s, j, s->in.w, &left, &right);
            float sum[LANES] = {0};
            for (int u = top; u < bottom; u++)
                for (int v = left; v < right; v++)
                    for (int b = 0; b < block; b++)
                        sum[b] += x[pixel(s, i, j, u, v) + (size_t)b];
            for (int b = 0; b < block; b++)
                y[b] = share * sum[b];
        }
    }
}

void avg_pool_forward(const pooling_spec *s, const float *x, float *y)
{
    size_t in = plane_floats(s->in, s->block), out = plane_floats(s->out, s->block);
    for (size_t p = 0; p < plane_count(s); p++)
        WITH_BLOCK(s, avg_plane, s, x + p * in, y + p * out);
}

ALWAYS_INLINE void avg_plane_backward(const pooling_spec *s, const float *dy, float *dx, int block)
{
    float share = 1.0f / (float)(s->kernel * s->kernel);
    for (int i = 0; i < s->out.h; i++) {
        int top, bottom;
        window(s, i, s->in.h, &top, &bottom);
        for (int j = 0; j < s->out.w; j++, dy += block) {
            int left, right;
            window(s, j, s->in.w, &left, &right);
            for (int u = top; u < bottom; u++)
                for (int v = left; v < right; v++)
                    for (int b = 0; b < block; b++)
                        dx[pixel(s, i, j, u, v) + (size_t)b] += share * dy[b];
        }
    }
}

void avg_pool_backward(const pooling_spec *s, const float *dy, float *dx)
{
    size_t in = plane_floats(s->in, s->block), out = plane_floats(s->out, s->block);
    memset(dx, 0, shape_count(s->in) * sizeof *dx);
    for (size_t p = 0; p < plane_count(s); p++)
        WITH_BLOCK(s, avg_plane_backward, s, dy + p * out, dx + p * in);
}
