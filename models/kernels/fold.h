// models/kernels/fold.h -- the lanes of a vector folded to one number.
#ifndef MODELS_KERNELS_FOLD_H
#define MODELS_KERNELS_FOLD_H

#include "models/kernels/lanes.h"

typedef float four __attribute__((vector_size(4 * sizeof(float))));
typedef int32_t four_whole __attribute__((vector_size(4 * sizeof(int32_t))));
#define LOW_8(x)  __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
#define HIGH_8(x) __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15)
#define LOW_4(x)  __builtin_shufflevector(x, x, 0, 1, 2, 3)
#define HIGH_4(x) __builtin_shufflevector(x, x, 4, 5, 6, 7)
// FOLD: quarter = the four lanes to which an operation folds x in halves.
#if VECTOR == 16
typedef float eight __attribute__((vector_size(8 * sizeof(float))));
typedef int32_t eight_whole __attribute__((vector_size(8 * sizeof(int32_t))));
#define FOLD(x, half_type, quarter, operation)                                                     \
    do {                                                                                           \
        half_type half = LOW_8(x) operation HIGH_8(x);                                             \
        (quarter) = LOW_4(half) operation HIGH_4(half);                                            \
    } while (0)
#elif VECTOR == 8
#define FOLD(x, half_type, quarter, operation) ((quarter) = LOW_4(x) operation HIGH_4(x))
#else
#define FOLD(x, half_type, quarter, operation) ((quarter) = (x))
#endif

// The sum of the lanes, by halves.
static inline float sum_of_lanes(const vector *x)
{
    four quarter;
    FOLD(*x, eight, quarter, +);
    return (quarter[0] + quarter[2]) + (quarter[1] + quarter[3]);
}

#endif
