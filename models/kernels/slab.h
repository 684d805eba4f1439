// models/kernels/slab.h -- the passes of batch norm over one slab: `count` floats side by side, read
// as vectors of LANES, with constants and sums for each lane.
//   mean, scale, ...: one value a lane;  act = none or ReLU;  dr = dy where y > 0 (ReLU), else dy
// The caller knows which channel a lane belongs to. Sums run over short stretches in float, then in
// doubles: fast, accurate to a few units in the last place, and in a fixed order.
#ifndef MODELS_KERNELS_SLAB_H
#define MODELS_KERNELS_SLAB_H

#include "models/kernels/lanes.h"

#include <stdbool.h>

// Adds x - shift, and its square, to each lane's sums (LANES).
void slab_sum(const float *x, size_t count, const lanes *shift, double *sums, double *squares);

// y = act((x - mean) scale + bias [+ residual]); constants: mean, scale, bias. residual may be
// NULL. A NaN passes the ReLU, so that a divergence is seen.
void slab_normalise(const float *x, const float *residual, float *y, size_t count,
                    const lanes constants[3], bool relu);

// Adds dr, and dr (x - mean), to each lane's sums (LANES). y: NULL without ReLU.
void slab_reduce(const float *x, const float *y, const float *dy, size_t count, const lanes *mean,
                 double *sums, double *products);

// dx = a dr + b + c (x - mean), and dr; constants: mean, a, b, c. y: NULL without ReLU; dx, dr: NULL
// when not wanted.
void slab_differentiate(const float *x, const float *y, const float *dy, size_t count,
                        const lanes constants[4], float *dx, float *dr);

#endif
