// models/kernels/softmax.c -- largest and exp in vectors: compilers make them of plain loops only
// under -ffast-math, which we do not use.
//   exp(x) = 2^k exp(r),  k = round(x / ln 2),  r = x - k ln 2 in [-0.35, 0.35]
//   exp(r) = 1 + r + r^2 P(r) with the coefficients of Cephes' expf (Moshier)
#include "models/kernels/softmax.h"

#include "models/kernels/lanes.h"

#include <math.h>

// ln 2 in two parts: k times the first is exact in float32.
#define LN2_HIGH 0.693359375f
#define LN2_LOW  (-2.12194440e-4f)
#define LOG2_E   1.44269504f
// Adding 1.5 x 2^23 rounds to an integer, which then stands in the lowest bits.
#define ROUNDER 12582912.0f
// A sum of floats runs over so many, then goes into doubles.
#define RUN ((size_t)64 * VECTOR)

float largest(const float *x, size_t count, float least)
{
    vector most = (vector){0} + least;
    for (size_t i = 0; i < count; i += VECTOR) {
        vector v = most;
        vector_load(&v, x + i, count - i);
        vector_mask more = v > most;
        most = VECTOR_WHERE(more, v) + VECTOR_WHERE(~more, most);
    }
    for (int l = 0; l < VECTOR; l++)
        least = most[l] > least ? most[l] : least;
    return least;
}

static void exponential(vector *to)
{
    const vector infinity = (vector){0} + INFINITY;
    vector x = *to;
    vector rounded = x * LOG2_E + ROUNDER;
    vector k = rounded - ROUNDER;
    vector r = (x - k * LN2_HIGH) - k * LN2_LOW;
    vector p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = (p * r * r + r) + 1.0f;
    // Times 2^k: k is added to the exponent.
    vector power = (vector)((vector_bits)p + ((vector_bits)rounded << 23));
    vector_mask small = x<-87.0f, large = x> 88.0f;
    *to = VECTOR_WHERE(~(small | large), power) + VECTOR_WHERE(large, infinity) +
          VECTOR_WHERE(x != x, x);
}

double exponentials(float *x, size_t count, float shift)
{
    const vector nothing = (vector){0} - INFINITY; // lanes past the end add exp(-infinity) = 0
    double total = 0;
    for (size_t start = 0; start < count; start += RUN) {
        size_t end = count - start < RUN ? count : start + RUN;
        vector sum = {0};
        for (size_t i = start; i < end; i += VECTOR) {
            vector v = nothing;
            vector_load(&v, x + i, end - i);
            v -= shift;
            exponential(&v);
            vector_store(x + i, &v, end - i);
            sum += v;
        }
        for (int l = 0; l < VECTOR; l++)
            total += (double)sum[l];
    }
    return total;
}
