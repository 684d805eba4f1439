// models/kernels/slab.h -- the passes of batch norm over one slab: `count` numbers side by side,
// LANES at a time, with constants and sums for each lane.
//   mean, scale, ...: one value a lane;  act = none or ReLU;  dr = dy where y > 0 (ReLU), else dy
// The caller knows which channel a lane belongs to. Sums run over short stretches in float, then in
// doubles: fast, accurate to a few units in the last place, and in a fixed order.
#ifndef MODELS_KERNELS_SLAB_H
#define MODELS_KERNELS_SLAB_H

#include "models/kernels/lanes.h"

#include <stdbool.h>

// How x is stored: as floats, as bf16 numbers (models/kernels/bf16.h), or as floats of which each
// is rounded to a bf16 number when it is read.
typedef enum slab_numbers { SLAB_FLOATS, SLAB_BF16, SLAB_ROUNDED } slab_numbers;

// What a pass reads and writes; only its own members need be set.
typedef struct slab {
    size_t count;
    bool relu;
    slab_numbers numbers; // of x
    bool bf16;            // y, its gradient and that of x are bf16 numbers, else floats
    bool residual_bf16;   // the residual and its gradient
    const void *x;
    uint16_t *rounded;    // slab_sum writes x there as bf16 numbers; NULL: not wanted
    const void *residual; // NULL: none
    void *y;
    const void
        *activity; // y in backward passes; NULL: is worked out from x again (without residual)
    const void *dy;
    void *dx, *dr; // NULL: not wanted
} slab;

// One value a lane.
typedef struct slab_constants {
    float mean[LANES], scale[LANES], bias[LANES];
    float b[LANES], c[LANES]; // only slab_differentiate reads them
} slab_constants;

// Adds x - shift, and its square, to each lane's sums (LANES).
void slab_sum(const slab *s, const float shift[LANES], double *sums, double *squares);

// y = act((x - mean) scale + bias [+ residual]). A NaN passes the ReLU, so that a divergence is
// seen.
void slab_normalise(const slab *s, const slab_constants *k);

// Adds dr, and dr (x - mean), to each lane's sums (LANES).
void slab_reduce(const slab *s, const slab_constants *k, double *sums, double *products);

// dx = scale dr + b + c (x - mean), and dr.
void slab_differentiate(const slab *s, const slab_constants *k);

#endif
