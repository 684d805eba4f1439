// models/kernels/exponential.h -- exp of the floats of one register, within one unit in the last
// place: compilers make vectors of the library's only under -ffast-math, which we do not use.
//   exp(x) = 2^k exp(r),  k = round(x / ln 2),  r = x - k ln 2 in [-0.35, 0.35]
//   exp(r) = 1 + r + r^2 P(r) with the coefficients of Cephes' expf (Moshier)
// 0 where x < -87, infinite where x > 88; NaN stays NaN.
#ifndef MODELS_KERNELS_EXPONENTIAL_H
#define MODELS_KERNELS_EXPONENTIAL_H

#include "models/kernels/lanes.h"

#include <math.h>

// ln 2 in two parts: k times the first is exact in float32.
#define LN2_HIGH 0.693359375f
#define LN2_LOW  (-2.12194440e-4f)
#define LOG2_E   1.44269504f
// Adding 1.5 x 2^23 rounds to an integer, which then stands in the lowest bits.
#define ROUNDER 12582912.0f
static inline void vector_exponential(vector *to)
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

#endif
