// models/kernels/dictionary/dictionary_descent.h -- coordinate descent on listed codes of a
// dictionary, by the image's residual.
//
//   E(z) = 1/2 |m (y - D z)|^2 + lambda sum |z| + alpha |z - f|^2
//
// Works on compacted arrays, one float for each entry of the list, so that a pass reads nothing of
// the codes that are not listed.
#ifndef MODELS_KERNELS_DICTIONARY_DICTIONARY_DESCENT_H
#define MODELS_KERNELS_DICTIONARY_DICTIONARY_DESCENT_H

#include "models/kernels/dictionary/dictionary.h"

#include <stdbool.h>

typedef struct descent_problem {
    const active_code *list;
    size_t count;
    const float *packed;      // from dictionary_pack
    const float *mask_square; // m^2: an image array; NULL = 1 everywhere
    const float *curvature;   // (count) sum of (m d)^2 over the atom's place, + 2 alpha; > 0
    const float *prediction;  // (count) f; NULL without alpha
    float lambda, alpha;
    bool non_negative;
} descent_problem;

// (count) what curvature holds, without alpha; 1 where that is 0, as the code then has no part in D
// z.
void dictionary_curvature(const dictionary_geometry *g, const descent_problem *p, float *curvature);

// Minimises E by each listed code in turn and keeps residual = m^2 (y - D z) true.
//   z         (count) the codes, in and out
//   residual  image array, in and out
// Returns the largest |gradient| of the other terms than lambda |z| that was met (when z >= 0: the
// largest of its negative, at least 0), each at its code's turn; at the minimum that is lambda at
// most.
float dictionary_descend(const dictionary_geometry *g, const descent_problem *p, float *z,
                         float *residual);

#endif
