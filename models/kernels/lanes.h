// models/kernels/lanes.h -- sixteen floats side by side: one AVX-512 register, two of AVX2.
//
// GCC's and clang's vector extension: arithmetic on a `lanes` acts on each of its floats, and
// compiles for any processor. Pass them by pointer (by value the ABI depends on the processor).
#ifndef MODELS_KERNELS_LANES_H
#define MODELS_KERNELS_LANES_H

#include "base/vector.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LANES 16

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));
typedef int32_t lane_mask __attribute__((vector_size(LANES * sizeof(int32_t)))); // 0 or -1 each

// *to = the next LANES floats at x, or the `left` < LANES that remain; other lanes keep theirs.
// The few go by a second variable, so that the compiler holds *to in a register.
static inline void lanes_load(lanes *to, const float *x, size_t left)
{
    if (left >= LANES) {
        memcpy(to, x, sizeof *to);
    } else {
        lanes few = *to;
        memcpy(&few, x, left * sizeof *x);
        *to = few;
    }
}

// Writes the same floats.
static inline void lanes_store(float *x, const lanes *from, size_t left)
{
    if (left >= LANES) {
        memcpy(x, from, sizeof *from);
    } else {
        lanes few = *from;
        memcpy(x, &few, left * sizeof *x);
    }
}

// Each float of x where the same lane of mask is set, else 0.
#define LANES_WHERE(mask, x) ((lanes)((mask) & (lane_mask)(x)))

// A register's floats (base/vector.h), a part of LANES.
typedef int32_t vector_mask __attribute__((vector_size(VECTOR * sizeof(int32_t))));

#define VECTOR_WHERE(mask, x) ((vector)((mask) & (vector_mask)(x)))

// Sets the first `count` lanes of *mask.
static inline void vector_mask_first(vector_mask *mask, size_t count)
{
    for (size_t i = 0; i < VECTOR; i++)
        (*mask)[i] = i < count ? -1 : 0;
}

#endif
