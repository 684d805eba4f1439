// models/kernels/bf16.c -- arrays of floats to bf16 and back.
#include "models/kernels/bf16.h"

void bf16_from_floats(const float *x, size_t count, uint16_t *y)
{
    for (size_t i = 0; i < count; i += VECTOR) {
        vector v = {0};
        vector_load(&v, x + i, count - i);
        bf16_store(y + i, &v, count - i);
    }
}

void bf16_to_floats(const uint16_t *x, size_t count, float *y)
{
    for (size_t i = 0; i < count; i += VECTOR) {
        vector v;
        bf16_load(&v, x + i, count - i);
        vector_store(y + i, &v, count - i);
    }
}
