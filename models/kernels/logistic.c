// models/kernels/logistic.c -- sums of softplus by products, so that logarithms are few.
//   log(1 + exp x) = max(x, 0) + log(1 + exp(-|x|)),  1 < 1 + exp(-|x|) <= 2
// A product of 64 such factors is at most 2^64, so each lane takes one logarithm for 64 floats.
#include "models/kernels/logistic.h"

#include "models/kernels/exponential.h"

#define RUN ((size_t)64 * VECTOR)

// Adds a run of at most 64 registers.
static double softplus_run(const float *x, size_t count)
{
    vector product = (vector){0} + 1.0f, positive = {0};
    for (size_t i = 0; i < count; i += VECTOR) {
        vector v = (vector){0} - INFINITY; // lanes past the end: log(1 + 0)
        vector_load(&v, x + i, count - i);
        vector_mask above = v > 0.0f;
        positive += VECTOR_WHERE(above, v);
        v = VECTOR_WHERE(above, -v) + VECTOR_WHERE(~above, v);
        vector_exponential(&v);
        product *= v + 1.0f;
    }
    double sum = 0;
    for (int l = 0; l < VECTOR; l++)
        sum += (double)positive[l] + log((double)product[l]);
    return sum;
}

double softplus_sum(const float *x, size_t count)
{
    double sum = 0;
    for (size_t start = 0; start < count; start += RUN)
        sum += softplus_run(x + start, count - start < RUN ? count - start : RUN);
    return sum;
}

void logistics(float *to, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i += VECTOR) {
        vector v = {0};
        vector_load(&v, x + i, count - i);
        v = -v;
        vector_exponential(&v);
        v = 1.0f / (v + 1.0f);
        vector_store(to + i, &v, count - i);
    }
}
