// io/views/resample.c -- separable resizing with a triangle filter that widens with the shrink
// factor.
//   out(i) = sum_k w_i(k) in(k),  w_i(k) ~ max(0, 1 - |k + 1/2 - c_i| / s),  sum_k w_i(k) = 1
//   c_i = (i + 1/2) n / m for n input and m output pixels,  s = max(1, n / m)
// Each row of the box is narrowed (or widened) once, and as soon as those that an output row blends
// are there, it is written. Pixels outside the box count nothing.
//   same filter as Pillow's Image.resize(BILINEAR), without its rounding to 8 bits in between
#include "io/views/resample.h"

#include "io/images/resize_row.h"
#include "io/views/window.h"

#include <math.h>
#include <string.h>

// Input pixels that one output pixel can touch.
static int tap_count(int from, int to)
{
    double support = from > to ? (double)from / to : 1.0;
    int taps = (int)ceil(2 * support);
    return taps < from ? taps : from;
}

// 1 - |k + 1/2 - centre| / support, not below 0.
static inline double triangle(int k, double centre, double support)
{
    double share = fabs(k + 0.5 - centre) / support;
    return 1 - (share < 1 ? share : 1);
}

static void axis_fill(axis *a, int from, int to)
{
    double scale = (double)from / to, support = scale > 1 ? scale : 1.0;
    memset(a->weights, 0, (size_t)a->taps * a->stride * sizeof(float));
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale, sum = 0;
        double start = centre - support + 0.5, end = centre + support + 0.5;
        int low = start > 0 ? (int)start : 0;
        int first = low < from - a->taps ? low : from - a->taps;
        int high = end < from ? (int)end : from; // one past the last
        // Rounding can let in one more, whose weight is 0 but for rounding.
        if (high > first + a->taps) high = first + a->taps;
        a->first[i] = first;
        for (int k = low; k < high; k++)
            sum += triangle(k, centre, support);
        for (int k = low; k < high; k++)
            a->weights[(size_t)(k - first) * a->stride + (size_t)i] =
                (float)(triangle(k, centre, support) / sum);
    }
    for (size_t i = (size_t)to; i < a->stride; i++)
        a->first[i] = a->first[to - 1];
}

static size_t axis_floats(int from, int to)
{
    return ((size_t)tap_count(from, to) + 1) * resize_row_stride(to);
}

// Carves an axis out of scratch and fills it.
static float *axis_place(axis *a, int from, int to, float *scratch)
{
    a->taps = tap_count(from, to);
    a->stride = resize_row_stride(to);
    a->weights = scratch;
    a->first = (int *)(void *)(scratch + (size_t)a->taps * a->stride);
    axis_fill(a, from, to);
    return scratch + axis_floats(from, to);
}

// Room for both axes, for one row of the box, and for as many of its rows, narrowed, as an output
// row blends.
size_t resample_scratch_floats(const image *in, const image *out)
{
    size_t channels = (size_t)in->channels;
    size_t rows = (size_t)tap_count(in->height, out->height) * resize_row_stride(out->width);
    return axis_floats(in->width, out->width) + axis_floats(in->height, out->height) +
           channels * (resize_row_room(in->width) + rows);
}

// Narrowed rows of all channels: (channels, taps, stride), row y of the box at y modulo taps.
typedef struct narrow_rows {
    int taps;
    size_t stride;
    float *rows;
} narrow_rows;

static float *narrow_row(const narrow_rows *n, int channel, int y)
{
    return n->rows + ((size_t)channel * (size_t)n->taps + (size_t)(y % n->taps)) * n->stride;
}

// Output row i of one channel. Most often two rows are blended: these in one pass.
static void blend_rows(const axis *a, int i, const narrow_rows *n, int channel, int width,
                       float *restrict out)
{
    const float *from = narrow_row(n, channel, a->first[i]), *next = from;
    float weight = a->weights[i], next_weight = 0.0f;
    if (a->taps > 1) {
        next = narrow_row(n, channel, a->first[i] + 1);
        next_weight = a->weights[a->stride + (size_t)i];
    }
    for (int x = 0; x < width; x++) {
        float sum = weight * from[x];
        out[x] = sum + next_weight * next[x];
    }
    for (int k = 2; k < a->taps; k++) {
        from = narrow_row(n, channel, a->first[i] + k);
        weight = a->weights[(size_t)k * a->stride + (size_t)i];
        for (int x = 0; x < width; x++)
            out[x] += weight * from[x];
    }
}

void resample(const image *in, const box *b, image *out, float *scratch)
{
    if (b->width == out->width && b->height == out->height) {
        window_planes(in, b->y, b->x, out);
        return;
    }
    axis columns, rows;
    scratch = axis_place(&columns, b->width, out->width, scratch);
    float *row = axis_place(&rows, b->height, out->height, scratch);
    size_t room = resize_row_room(b->width), width = (size_t)out->width;
    narrow_rows narrow = {rows.taps, columns.stride, row + (size_t)in->channels * room};
    int done = 0; // rows of the box
    for (int i = 0; i < out->height; i++) {
        for (; done < rows.first[i] + rows.taps; done++) {
            window_row(in, b->y + done, b->x, b->width, row, room);
            resize_row(&columns, in->channels, row, room, narrow_row(&narrow, 0, done),
                       (size_t)narrow.taps * narrow.stride);
        }
        for (int c = 0; c < in->channels; c++)
            blend_rows(&rows, i, &narrow, c, out->width,
                       out->planes + ((size_t)c * (size_t)out->height + (size_t)i) * width);
    }
}

status resample_reshape(int64_t size, const image *in, image *out)
{
    out->channels = in->channels;
    out->height = size > 0 ? (int)size : in->height;
    out->width = size > 0 ? (int)size : in->width;
    return ST_OK;
}

size_t resample_step_scratch(const void *settings, const image *in, const image *out)
{
    (void)settings;
    return resample_scratch_floats(in, out);
}
