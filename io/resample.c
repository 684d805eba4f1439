// io/resample.c -- separable resizing with a triangle filter that widens with the shrink factor.
//   out(i) = sum_k w_i(k) in(k),  w_i(k) ~ max(0, 1 - |k + 1/2 - c_i| / s),  sum_k w_i(k) = 1
//   c_i = (i + 1/2) n / m for n input and m output pixels,  s = max(1, n / m)
// Rows first, then columns; weights once for all channels. Pixels outside the box count nothing.
//   same filter as Pillow's Image.resize(BILINEAR), without its rounding to 8 bits in between
#include "io/resample.h"

#include <math.h>
#include <string.h>

// Weights of one axis. Output i takes input first[i] .. first[i] + taps - 1.
typedef struct axis {
    int taps, count;
    int *first;     // (count)
    float *weights; // (taps, count)
} axis;

// Input pixels that one output pixel can touch.
static int tap_count(int from, int to)
{
    double support = from > to ? (double)from / to : 1.0;
    int taps = (int)ceil(2 * support);
    return taps < from ? taps : from;
}

static void axis_fill(axis *a, int from, int to)
{
    double scale = (double)from / to, support = scale > 1 ? scale : 1.0;
    memset(a->weights, 0, (size_t)a->taps * (size_t)to * sizeof(float));
    for (int i = 0; i < to; i++) {
        double centre = (i + 0.5) * scale, sum = 0;
        int low = (int)fmax(centre - support + 0.5, 0);
        int high = (int)fmin(centre + support + 0.5, from); // one past the last
        int first = low < from - a->taps ? low : from - a->taps;
        a->first[i] = first;
        for (int k = low; k < high; k++)
            sum += 1 - fmin(fabs(k + 0.5 - centre) / support, 1);
        for (int k = low; k < high; k++)
            a->weights[(k - first) * to + i] =
                (float)((1 - fmin(fabs(k + 0.5 - centre) / support, 1)) / sum);
    }
}

// Carves an axis out of scratch and fills it.
static float *axis_place(axis *a, int from, int to, float *scratch)
{
    a->taps = tap_count(from, to);
    a->count = to;
    a->weights = scratch;
    a->first = (int *)(void *)(scratch + (size_t)a->taps * (size_t)to);
    axis_fill(a, from, to);
    return scratch + ((size_t)a->taps + 1) * (size_t)to;
}

size_t resample_scratch_floats(const image *in, const image *out)
{
    size_t columns = ((size_t)tap_count(in->width, out->width) + 1) * (size_t)out->width;
    size_t rows = ((size_t)tap_count(in->height, out->height) + 1) * (size_t)out->height;
    return columns + rows + (size_t)in->height * (size_t)out->width;
}

static void resize_row(const axis *a, const float *restrict in, float *restrict out)
{
    for (int i = 0; i < a->count; i++)
        out[i] = a->weights[i] * in[a->first[i]];
    for (int k = 1; k < a->taps; k++) {
        const float *weights = a->weights + (size_t)k * (size_t)a->count, *from = in + k;
        for (int i = 0; i < a->count; i++)
            out[i] += weights[i] * from[a->first[i]];
    }
}

// One output row from `taps` rows of width pixels each.
static void blend_rows(const axis *a, int i, const float *restrict in, int width,
                       float *restrict out)
{
    const float *from = in + (size_t)a->first[i] * (size_t)width;
    float weight = a->weights[i];
    for (int x = 0; x < width; x++)
        out[x] = weight * from[x];
    for (int k = 1; k < a->taps; k++) {
        from += width;
        weight = a->weights[k * a->count + i];
        for (int x = 0; x < width; x++)
            out[x] += weight * from[x];
    }
}

static void copy_box(const image *in, const box *b, image *out)
{
    float *to = out->planes;
    for (int c = 0; c < in->channels; c++)
        for (int y = b->y; y < b->y + b->height; y++, to += b->width)
            memcpy(to,
                   in->planes + ((size_t)c * (size_t)in->height + (size_t)y) * (size_t)in->width +
                       b->x,
                   (size_t)b->width * sizeof(float));
}

void resample(const image *in, const box *b, image *out, float *scratch)
{
    if (b->width == out->width && b->height == out->height) {
        copy_box(in, b, out);
        return;
    }
    axis columns, rows;
    scratch = axis_place(&columns, b->width, out->width, scratch);
    float *narrow = axis_place(&rows, b->height, out->height, scratch); // (b->height, out->width)
    size_t in_plane = (size_t)in->height * (size_t)in->width;
    size_t out_plane = (size_t)out->height * (size_t)out->width;
    for (int c = 0; c < in->channels; c++) {
        const float *corner =
            in->planes + (size_t)c * in_plane + (size_t)b->y * (size_t)in->width + b->x;
        for (int y = 0; y < b->height; y++)
            resize_row(&columns, corner + (size_t)y * (size_t)in->width,
                       narrow + (size_t)y * (size_t)out->width);
        for (int i = 0; i < out->height; i++)
            blend_rows(&rows, i, narrow, out->width,
                       out->planes + (size_t)c * out_plane + (size_t)i * (size_t)out->width);
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
