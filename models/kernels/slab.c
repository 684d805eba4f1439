// models/kernels/slab.c -- the passes of batch norm over one slab.
#include "models/kernels/slab.h"

// A sum of floats runs over so many, then goes into doubles.
#define RUN ((size_t)64 * LANES)

static void add_lanes(double *sums, const lanes *terms)
{
    for (int l = 0; l < LANES; l++)
        sums[l] += (double)(*terms)[l];
}

void slab_sum(const float *x, size_t count, const lanes *shift, double *sums, double *squares)
{
    const lanes centre = *shift;
    for (size_t start = 0; start < count; start += RUN) {
        size_t end = count - start < RUN ? count : start + RUN;
        lanes sum = {0}, square = {0};
        for (size_t i = start; i < end; i += LANES) {
            lanes v = centre;
            lanes_load(&v, x + i, end - i);
            v -= centre;
            sum += v;
            square += v * v;
        }
        add_lanes(sums, &sum);
        add_lanes(squares, &square);
    }
}

void slab_normalise(const float *x, const float *residual, float *y, size_t count,
                    const lanes constants[3], bool relu)
{
    const lanes mean = constants[0], scale = constants[1], bias = constants[2], zero = {0};
    for (size_t i = 0; i < count; i += LANES) {
        lanes v = zero, r = zero;
        lanes_load(&v, x + i, count - i);
        v = (v - mean) * scale + bias;
        if (residual != NULL) {
            lanes_load(&r, residual + i, count - i);
            v += r;
        }
        if (relu) v = LANES_WHERE(~(v < zero), v);
        lanes_store(y + i, &v, count - i);
    }
}

void slab_reduce(const float *x, const float *y, const float *dy, size_t count, const lanes *mean,
                 double *sums, double *products)
{
    const lanes centre = *mean, zero = {0};
    for (size_t start = 0; start < count; start += RUN) {
        size_t end = count - start < RUN ? count : start + RUN;
        lanes sum = {0}, product = {0};
        for (size_t i = start; i < end; i += LANES) {
            lanes v = centre, dr = zero, out = zero;
            lanes_load(&v, x + i, end - i);
            lanes_load(&dr, dy + i, end - i);
            if (y != NULL) {
                lanes_load(&out, y + i, end - i);
                dr = LANES_WHERE(out > zero, dr);
            }
            sum += dr;
            product += dr * (v - centre);
        }
        add_lanes(sums, &sum);
        add_lanes(products, &product);
    }
}

void slab_differentiate(const float *x, const float *y, const float *dy, size_t count,
                        const lanes constants[4], float *dx, float *dr)
{
    const lanes mean = constants[0], a = constants[1], b = constants[2], c = constants[3];
    const lanes zero = {0};
    for (size_t i = 0; i < count; i += LANES) {
        lanes v = zero, g = zero, out = zero;
        lanes_load(&g, dy + i, count - i);
        if (y != NULL) {
            lanes_load(&out, y + i, count - i);
            g = LANES_WHERE(out > zero, g);
        }
        if (dr != NULL) lanes_store(dr + i, &g, count - i);
        if (dx != NULL) {
            lanes_load(&v, x + i, count - i);
            v = a * g + b + c * (v - mean);
            lanes_store(dx + i, &v, count - i);
        }
    }
}
