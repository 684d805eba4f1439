// models/codes/solvers/proximal.h -- the proximal gradient method, plain (ISTA) or accelerated
// (FISTA).
#ifndef MODELS_CODES_SOLVERS_PROXIMAL_H
#define MODELS_CODES_SOLVERS_PROXIMAL_H

#include "models/codes/solver.h"

typedef struct proximal_config {
    int64_t iterations; // at most
    double gap;         // stop at this duality gap / E(0); 0: never
} proximal_config;

extern const config_field proximal_fields[];

size_t proximal_scratch_bytes(const void *settings, const dictionary_geometry *g);

// One step from v, which is z or lies beyond it:
//   next = prox(v + (D' m^2 (y - D v) + 2 alpha (f - v)) / (L + 2 alpha)),
//          weight lambda / (L + 2 alpha)
// with L = bound, that is, alpha is part of the proximal step. Accelerated, v = next + (t - 1) / t'
// (next - z), t' = (1 + sqrt(1 + 4 t^2)) / 2; when the last step points against the next one, or
// raised the energy and was taken back, t begins again at 1. The energy never rises, and the result
// is always a proximal point, so its zeros are exact.
// Without a duality gap (penalty not L1) stops when ten iterations lower the energy by less than a
// tenth of gap E(0).
//   source: Beck and Teboulle 2009, eq. 4.1-4.3; restart: O'Donoghue and Candes 2015, eq. 12-13
void proximal_solve(const proximal_config *c, bool accelerated, const inference *p, float *code,
                    void *scratch, inference_result *result);

#endif
