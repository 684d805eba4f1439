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
#define RUN ((size_t)64 * LANES)

typedef uint32_t lane_bits __attribute__((vector_size(LANES * sizeof(uint32_t))));

float largest(const float *x, size_t count, float least)
{
    lanes most = (lanes){0} + least;
    for (size_t i = 0; i < count; i += LANES) {
        lanes v = most;
        lanes_load(&v, x + i, count - i);
        lane_mask more = v > most;
        most = LANES_WHERE(more, v) + LANES_WHERE(~more, most);
    }
    for (int l = 0; l < LANES; l++)
        least = most[l] > least ? most[l] : least;
    return least;
}

static void exponential(lanes *to)
{
    const lanes infinity = (lanes){0} + INFINITY;
    lanes x = *to;
    lanes rounded = x * LOG2_E + ROUNDER;
    lanes k = rounded - ROUNDER;
    lanes r = (x - k * LN2_HIGH) - k * LN2_LOW;
    lanes p = r * 1.9875691500e-4f + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = (p * r * r + r) + 1.0f;
    // Times 2^k: k is added to the exponent.
    lanes power = (lanes)((lane_bits)p + ((lane_bits)rounded << 23));
    lane_mask small = x<-87.0f, large = x> 88.0f;
    *to = LANES_WHERE(~(small | large), power) + LANES_WHERE(large, infinity) +
          LANES_WHERE(x != x, x);
}

double exponentials(float *x, size_t count, float shift)
{
    const lanes nothing = (lanes){0} - INFINITY; // lanes past the end add exp(-infinity) = 0
    double total = 0;
    for (size_t start = 0; start < count; start += RUN) {
        size_t end = count - start < RUN ? count : start + RUN;
        lanes sum = {0};
        for (size_t i = start; i < end; i += LANES) {
            lanes v = nothing;
            lanes_load(&v, x + i, end - i);
            v -= shift;
            exponential(&v);
            lanes_store(x + i, &v, end - i);
            sum += v;
        }
        for (int l = 0; l < LANES; l++)
            total += (double)sum[l];
    }
    return total;
}
