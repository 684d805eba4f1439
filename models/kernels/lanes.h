// models/kernels/lanes.h -- loads, stores and choices of the floats of one register
// (base/vector.h).
//
// LANES floats, a whole number of registers, are what arrays of one value a channel or code are
// padded to: 16, the widest channel block. Comparisons give a mask of 0 or -1 for each float.
#ifndef MODELS_KERNELS_LANES_H
#define MODELS_KERNELS_LANES_H

#include "base/vector.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES           16
#define LANES_REGISTERS (LANES / VECTOR)

typedef int32_t vector_mask __attribute__((vector_size(VECTOR * sizeof(int32_t))));
typedef uint32_t vector_bits __attribute__((vector_size(VECTOR * sizeof(uint32_t))));

// Each float of x where the same one of the mask is set, else 0.
#define VECTOR_WHERE(mask, x) ((vector)((mask) & (vector_mask)(x)))

// *to = the next VECTOR floats at x, or the `left` < VECTOR that remain; others keep theirs.
// The few go by a second variable, so that the compiler holds *to in a register.
static inline void vector_load(vector *to, const float *x, size_t left)
{
    if (left >= VECTOR) {
        memcpy(to, x, sizeof *to);
    } else {
        vector few = *to;
        memcpy(&few, x, left * sizeof *x);
        *to = few;
    }
}

// Writes the same floats.
static inline void vector_store(float *x, const vector *from, size_t left)
{
    if (left >= VECTOR) {
        memcpy(x, from, sizeof *from);
    } else {
        vector few = *from;
        memcpy(x, &few, left * sizeof *x);
    }
}

// Sets the first `count` of *mask.
static inline void vector_mask_first(vector_mask *mask, size_t count)
{
    for (size_t i = 0; i < VECTOR; i++)
        (*mask)[i] = i < count ? -1 : 0;
}

#endif
