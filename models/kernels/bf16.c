// models/kernels/bf16.c -- rounding to bf16 by integers: the same bits on any processor.
#include "models/kernels/bf16.h"

#include <string.h>

void bf16_from_floats(const float *restrict x, size_t count, uint16_t *restrict y)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        uint32_t even = (bits >> 16) & 1;
        uint32_t rounded = (bits + 0x7fff + even) >> 16;
        uint32_t quiet = (bits >> 16) | 0x40; // a NaN, which rounding may turn into something else
        y[i] = (uint16_t)((bits & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
    }
}
