// models/kernels/softmax.c -- largest and exp in vectors.
#include "models/kernels/softmax.h"

#include "models/kernels/exponential.h"

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
            vector_exponential(&v);
            vector_store(x + i, &v, end - i);
            sum += v;
        }
        for (int l = 0; l < VECTOR; l++)
            total += (double)sum[l];
    }
    return total;
}
