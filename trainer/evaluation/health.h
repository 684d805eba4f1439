// trainer/evaluation/health.h -- how features lie on the unit sphere, without labels: early signs
// of collapse.
#ifndef TRAINER_EVALUATION_HEALTH_H
#define TRAINER_EVALUATION_HEALTH_H

#include "base/status.h"

#include <stdint.h>

#define HEALTH_ROWS 2048 // more rows than these do not change the picture

typedef struct health {
    double uniformity;     // log of the mean Gaussian potential; lower = more evenly spread
    double effective_rank; // 1 .. min(rows, dim): number of directions in use
    double deviation;      // of a coordinate, times sqrt(dim): 1 = evenly spread, 0 = collapsed
} health;

// Copies at most HEALTH_ROWS of `rows` (count, dim), evenly spread, to `chosen`, which has room for
// that many. Returns how many.
int health_choose(const float *rows, uint64_t count, int dim, float *chosen);

// All three of `rows` (count >= 2, dim), unit vectors, which are overwritten. Errors: ST_DIVERGED
// features that are not finite, ST_INTERNAL no memory.
status health_measure(float *rows, int count, int dim, health *found);

// log mean over pairs i < j of exp(-2 |x_i - x_j|^2).
//   source: Wang & Isola 2020 (arXiv 2005.10242) eq. (2), t = 2
double health_uniformity(const float *rows, int count, int dim);

// Mean over pairs of |x_i - y_i|^2, of two views of the same images.
//   source: Wang & Isola 2020 eq. (1), alpha = 2
double health_alignment(const float *x, const float *y, int count, int dim);

// exp of the entropy of the singular values, as shares of their sum; 0 when all are zero.
//   source: Garrido et al. 2022, RankMe (arXiv 2210.02885) eq. (1)
double health_effective_rank(const float *singular_values, int count);

// Standard deviation of each coordinate over the rows, mean over coordinates, times sqrt(dim).
double health_deviation(const float *rows, int count, int dim);

#endif
