// models/kernels/reference.c -- every kernel as the plain loops of its formula.
//   n sample, o and c output and input channel, (i, j) output pixel, (a, b) input pixel,
//   (u, v) place in the kernel or window
#include "models/kernels/reference.h"

#include <math.h>
#include <string.h>

// NOLINTNEXTLINE(readability-function-size): the parameters are those of BLAS
void reference_matmul(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha,
                      const float *a, const float *b, float beta, float *c)
{
    for (int row = 0; row < m; row++)
        for (int column = 0; column < n; column++) {
            double sum = 0;
            for (int i = 0; i < k; i++)
                sum += (double)a[transpose_a ? i * m + row : row * k + i] *
                       (double)b[transpose_b ? column * k + i : i * n + column];
            float *to = &c[row * n + column];
            double before = beta == 0 ? 0 : (double)beta * (double)*to;
            *to = (float)((double)alpha * sum + before);
        }
}

// Index of element (n, c, h, w) of a tensor in block 1.
static size_t at(shape s, int n, int c, int h, int w)
{
    return (((size_t)n * (size_t)s.c + (size_t)c) * (size_t)s.h + (size_t)h) * (size_t)s.w +
           (size_t)w;
}

static bool is_inside(shape s, int a, int b)
{
    return a >= 0 && a < s.h && b >= 0 && b < s.w;
}

static shape weights_shape(const convolution_spec *s)
{
    return (shape){s->out.c, s->in.c, s->kernel, s->kernel};
}

static double output_pixel(const convolution_spec *s, const float *x, const float *weights,
                           const int place[4])
{
    int n = place[0], o = place[1];
    double sum = 0;
    for (int c = 0; c < s->in.c; c++)
        for (int u = 0; u < s->kernel; u++)
            for (int v = 0; v < s->kernel; v++) {
                int a = place[2] * s->stride + u - s->pad, b = place[3] * s->stride + v - s->pad;
                if (!is_inside(s->in, a, b)) continue;
                sum += (double)weights[at(weights_shape(s), o, c, u, v)] *
                       (double)x[at(s->in, n, c, a, b)];
            }
    return sum;
}

void reference_convolution(const convolution_spec *s, const float *x, const float *weights,
                           float *y)
{
    for (int n = 0; n < s->out.n; n++)
        for (int o = 0; o < s->out.c; o++)
            for (int i = 0; i < s->out.h; i++)
                for (int j = 0; j < s->out.w; j++)
                    y[at(s->out, n, o, i, j)] =
                        (float)output_pixel(s, x, weights, (const int[4]){n, o, i, j});
}

static double input_pixel(const convolution_spec *s, const float *dy, const float *weights,
                          const int place[4])
{
    int n = place[0], c = place[1];
    double sum = 0;
    for (int o = 0; o < s->out.c; o++)
        for (int u = 0; u < s->kernel; u++)
            for (int v = 0; v < s->kernel; v++) {
                int row = place[2] - u + s->pad, column = place[3] - v + s->pad; // i s, j s
                if (row % s->stride != 0 || column % s->stride != 0) continue;
                int i = row / s->stride, j = column / s->stride;
                if (!is_inside(s->out, i, j)) continue;
                sum += (double)weights[at(weights_shape(s), o, c, u, v)] *
                       (double)dy[at(s->out, n, o, i, j)];
            }
    return sum;
}

void reference_convolution_data(const convolution_spec *s, const float *dy, const float *weights,
                                float *dx)
{
    for (int n = 0; n < s->in.n; n++)
        for (int c = 0; c < s->in.c; c++)
            for (int a = 0; a < s->in.h; a++)
                for (int b = 0; b < s->in.w; b++)
                    dx[at(s->in, n, c, a, b)] =
                        (float)input_pixel(s, dy, weights, (const int[4]){n, c, a, b});
}

static double weight(const convolution_spec *s, const float *x, const float *dy, const int place[4])
{
    int o = place[0], c = place[1];
    double sum = 0;
    for (int n = 0; n < s->in.n; n++)
        for (int i = 0; i < s->out.h; i++)
            for (int j = 0; j < s->out.w; j++) {
                int a = i * s->stride + place[2] - s->pad, b = j * s->stride + place[3] - s->pad;
                if (!is_inside(s->in, a, b)) continue;
                sum += (double)x[at(s->in, n, c, a, b)] * (double)dy[at(s->out, n, o, i, j)];
            }
    return sum;
}

void reference_convolution_weights(const convolution_spec *s, const float *x, const float *dy,
                                   float *dweights)
{
    for (int o = 0; o < s->out.c; o++)
        for (int c = 0; c < s->in.c; c++)
            for (int u = 0; u < s->kernel; u++)
                for (int v = 0; v < s->kernel; v++)
                    dweights[at(weights_shape(s), o, c, u, v)] +=
                        (float)weight(s, x, dy, (const int[4]){o, c, u, v});
}

// Index of the x at a place (u kernel + v) of the window of output y; false: it is padding.
static bool under_window(const pooling_spec *s, size_t y, int place, size_t *x)
{
    int j = (int)(y % (size_t)s->out.w), i = (int)(y / (size_t)s->out.w % (size_t)s->out.h);
    size_t plane = y / (size_t)(s->out.w * s->out.h); // sample and channel in one
    int a = i * s->stride + place / s->kernel - s->pad;
    int b = j * s->stride + place % s->kernel - s->pad;
    *x = at(s->in, 0, (int)plane, a, b);
    return is_inside(s->in, a, b);
}

// Index of the first of the largest x under the window of output y.
static size_t winner(const pooling_spec *s, const float *x, size_t y)
{
    size_t best = 0, i;
    float most = -INFINITY;
    for (int place = s->kernel * s->kernel - 1; place >= 0; place--)
        if (under_window(s, y, place, &i) && x[i] >= most) {
            most = x[i];
            best = i;
        }
    return best;
}

void reference_max_pool(const pooling_spec *s, const float *x, float *y)
{
    for (size_t i = 0; i < shape_count(s->out); i++)
        y[i] = x[winner(s, x, i)];
}

void reference_max_pool_backward(const pooling_spec *s, const float *x, const float *dy, float *dx)
{
    memset(dx, 0, shape_count(s->in) * sizeof *dx);
    for (size_t i = 0; i < shape_count(s->out); i++)
        dx[winner(s, x, i)] += dy[i];
}

void reference_avg_pool(const pooling_spec *s, const float *x, float *y)
{
    int places = s->kernel * s->kernel;
    for (size_t i = 0; i < shape_count(s->out); i++) {
        double sum = 0;
        size_t from;
        for (int place = 0; place < places; place++)
            if (under_window(s, i, place, &from)) sum += (double)x[from];
        y[i] = (float)(sum / places);
    }
}

void reference_avg_pool_backward(const pooling_spec *s, const float *dy, float *dx)
{
    int places = s->kernel * s->kernel;
    memset(dx, 0, shape_count(s->in) * sizeof *dx);
    for (size_t i = 0; i < shape_count(s->out); i++) {
        size_t to;
        for (int place = 0; place < places; place++)
            if (under_window(s, i, place, &to)) dx[to] += dy[i] / (float)places;
    }
}
