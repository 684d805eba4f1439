// models/kernels/convolution/convolution_im2col.c -- convolution as matrix products, one sample at
// a time.
//   L (C K K, H' W'), the columns: row (c, u, v) holds all x[c, i s + u - p, j s + v - p]
//   y = W L,  dL = W^T dy and dx gathers it back,  dW += dy L^T;  W is (out, C K K)
//   source: Chellapilla, Puri, Simard 2006, High performance convolutional neural networks
// Serves any shape and any block: a blocked sample is first copied to plain channels. The columns
// of one sample stay in the cache, which those of a batch would not.
#include "models/kernels/convolution/convolution_backend.h"
#include "models/kernels/layout.h"
#include "models/kernels/matmul.h"

#include <string.h>

// Where the pieces of scratch lie; a piece not needed is empty.
typedef struct sample_scratch {
    float *columns, *in, *out; // L; plain x or dx; plain y or dy
} sample_scratch;

static shape one(shape s)
{
    return (shape){1, s.c, s.h, s.w};
}

// With a 1x1 kernel and neither stride nor padding the columns are the sample itself.
static bool is_pointwise(const convolution_spec *s)
{
    return s->kernel == 1 && s->stride == 1 && s->pad == 0;
}

static size_t columns_count(const convolution_spec *s)
{
    if (is_pointwise(s)) return 0;
    size_t rows = (size_t)s->in.c * (size_t)s->kernel * (size_t)s->kernel;
    return rows * (size_t)s->out.h * (size_t)s->out.w;
}

static sample_scratch divide(const convolution_spec *s, float *scratch)
{
    sample_scratch parts;
    parts.columns = scratch;
    parts.in = parts.columns + columns_count(s);
    parts.out = parts.in + (s->in_block > 1 ? shape_count(one(s->in)) : 0);
    return parts;
}

static bool serves(const convolution_spec *spec, convolution_pass pass)
{
    (void)spec;
    (void)pass;
    return true;
}

static bool suits_portions(const convolution_spec *spec, convolution_pass pass)
{
    (void)spec;
    (void)pass;
    return true;
}

static status create(convolution_kernel *k)
{
    const convolution_spec *s = &k->spec;
    k->name = "im2col";
    size_t floats = columns_count(s);
    if (s->in_block > 1) floats += shape_count(one(s->in));
    if (s->out_block > 1) floats += shape_count(one(s->out));
    k->scratch_bytes = floats * sizeof(float);
    return ST_OK;
}

// The part [first, last) of an output row whose inputs j stride + shift lie inside the image.
static void inside(int width, int out_width, int stride, int shift, int *first, int *last)
{
    *first = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    *last = width - shift <= 0 ? 0 : (width - shift + stride - 1) / stride;
    if (*last > out_width) *last = out_width;
    if (*first > *last) *first = *last;
}

static void gather_plane(const convolution_spec *s, int u, int v, const float *plane, float *row)
{
    int first, last, shift = v - s->pad;
    inside(s->in.w, s->out.w, s->stride, shift, &first, &last);
    for (int i = 0; i < s->out.h; i++, row += s->out.w) {
        int a = i * s->stride + u - s->pad;
        if (a < 0 || a >= s->in.h) {
            memset(row, 0, (size_t)s->out.w * sizeof *row);
            continue;
        }
        const float *line = plane + (ptrdiff_t)a * s->in.w;
        for (int j = 0; j < first; j++)
            row[j] = 0;
        for (int j = first; j < last; j++)
            row[j] = line[j * s->stride + shift];
        for (int j = last; j < s->out.w; j++)
            row[j] = 0;
    }
}

static void scatter_plane(const convolution_spec *s, int u, int v, const float *row, float *plane)
{
    int first, last, shift = v - s->pad;
    inside(s->in.w, s->out.w, s->stride, shift, &first, &last);
    for (int i = 0; i < s->out.h; i++, row += s->out.w) {
        int a = i * s->stride + u - s->pad;
        if (a < 0 || a >= s->in.h) continue;
        float *line = plane + (ptrdiff_t)a * s->in.w;
        for (int j = first; j < last; j++)
            line[j * s->stride + shift] += row[j];
    }
}

static void gather(const convolution_spec *s, const float *x, float *columns)
{
    size_t pixels = (size_t)s->in.h * (size_t)s->in.w, row = (size_t)s->out.h * (size_t)s->out.w;
    for (int c = 0; c < s->in.c; c++)
        for (int u = 0; u < s->kernel; u++)
            for (int v = 0; v < s->kernel; v++, columns += row)
                gather_plane(s, u, v, x + (size_t)c * pixels, columns);
}

static void scatter(const convolution_spec *s, const float *columns, float *dx)
{
    size_t pixels = (size_t)s->in.h * (size_t)s->in.w, row = (size_t)s->out.h * (size_t)s->out.w;
    memset(dx, 0, (size_t)s->in.c * pixels * sizeof *dx);
    for (int c = 0; c < s->in.c; c++)
        for (int u = 0; u < s->kernel; u++)
            for (int v = 0; v < s->kernel; v++, columns += row)
                scatter_plane(s, u, v, columns, dx + (size_t)c * pixels);
}

// The sample in plain channels: itself, or a copy in `buffer`.
static const float *plain(shape sample, int block, const float *data, float *buffer)
{
    if (block == 1) return data;
    layout_to_plain(sample, block, data, buffer);
    return buffer;
}

static const float *columns_of(const convolution_spec *s, const float *x, float *buffer)
{
    if (is_pointwise(s)) return x;
    gather(s, x, buffer);
    return buffer;
}

static void forward(const convolution_spec *s, const sample_scratch *scratch, const float *x,
                    const float *weights, float *y)
{
    float *out = s->out_block == 1 ? y : scratch->out;
    const float *columns =
        columns_of(s, plain(one(s->in), s->in_block, x, scratch->in), scratch->columns);
    matmul(false, false, s->out.c, s->out.h * s->out.w, s->in.c * s->kernel * s->kernel, 1.0f,
           weights, columns, 0.0f, out);
    if (s->out_block > 1) layout_from_plain(one(s->out), s->out_block, out, y);
}

static void backward_data(const convolution_spec *s, const sample_scratch *scratch, const float *dy,
                          const float *weights, float *dx)
{
    float *in = s->in_block == 1 ? dx : scratch->in;
    float *columns = is_pointwise(s) ? in : scratch->columns;
    matmul(true, false, s->in.c * s->kernel * s->kernel, s->out.h * s->out.w, s->out.c, 1.0f,
           weights, plain(one(s->out), s->out_block, dy, scratch->out), 0.0f, columns);
    if (!is_pointwise(s)) scatter(s, columns, in);
    if (s->in_block > 1) layout_from_plain(one(s->in), s->in_block, in, dx);
}

static void backward_weights(const convolution_spec *s, const sample_scratch *scratch,
                             const float *x, const float *dy, float *dweights)
{
    const float *columns =
        columns_of(s, plain(one(s->in), s->in_block, x, scratch->in), scratch->columns);
    matmul(false, true, s->out.c, s->in.c * s->kernel * s->kernel, s->out.h * s->out.w, 1.0f,
           plain(one(s->out), s->out_block, dy, scratch->out), columns, 1.0f, dweights);
}

static void run(const convolution_kernel *k, const convolution_operands *o, void *kept)
{
    (void)kept;
    const convolution_spec *s = &k->spec;
    sample_scratch scratch = divide(s, o->scratch);
    size_t in = shape_count(one(s->in)), out = shape_count(one(s->out));
    const float *x = o->x, *dy = o->dy;
    float *y = o->y, *dx = o->dx;
    for (size_t n = 0; n < (size_t)s->in.n; n++) {
        if (k->pass == CONVOLUTION_FORWARD)
            forward(s, &scratch, x + n * in, o->weights, y + n * out);
        else if (k->pass == CONVOLUTION_BACKWARD_DATA)
            backward_data(s, &scratch, dy + n * out, o->weights, dx + n * in);
        else
            backward_weights(s, &scratch, x + n * in, dy + n * out, o->dweights);
    }
}

static void destroy(convolution_kernel *k)
{
    (void)k;
}

const convolution_backend convolution_im2col = {
    .serves = serves,
    .create = create,
    .run = run,
    .suits_portions = suits_portions,
    .destroy = destroy,
};
