// models/codes/solver.h -- inference: the code z of one image that makes the energy least.
//
//   E(z) = 1/2 |m (y - D z)|^2 + lambda R(z) + alpha |z - f|^2
//
// One image at a time, so that each takes the iterations it needs and none waits for a slower one.
// A solver is one file in models/codes/solvers/ with one exported const solver_type, and one line
// in solvers.def. Solvers are local, draw no random number and allocate nothing. Order of calls:
//
//   check    once, at set-up: can this solver do this kind of problem?
//   prepare  after each change of the atoms
//   solve    for each image; the energy of the result is never above that of the start
#ifndef MODELS_CODES_SOLVER_H
#define MODELS_CODES_SOLVER_H

#include "base/config.h"
#include "base/status.h"
#include "models/codes/penalty.h"

typedef struct inference {
    dictionary_geometry geometry;
    const float *packed;     // the atoms, from dictionary_pack
    const float *image;      // y: an image array
    const float *mask;       // m: an image array of weights 0..1; NULL = 1 everywhere
    const float *prediction; // f: a code array; read only when alpha > 0
    const float *matches;    // D' m^2 y: a code array, where it is at hand; NULL
    double lambda, alpha;    // alpha 0: without the last term
    double bound;            // at least the largest eigenvalue of D' m^2 D
    const void *prepared;    // what the solver's prepare wrote; NULL if it has none
    const penalty_type *penalty;
    const void *penalty_settings;
    bool non_negative; // z >= 0
} inference;

typedef struct inference_result {
    int iterations;
    double energy;         // E(z)
    double reconstruction; // 1/2 |m (y - D z)|^2
    double gap;            // duality gap / E(0), a bound on what is left; NaN where none (not L1)
    size_t nonzeros;       // codes that are not 0
} inference_result;

typedef struct solver_type {
    const char *name;
    const char *help;
    const config_field *fields;
    size_t config_size;
    // Read of the problem: geometry, penalty, alpha, non_negative, and whether there is a mask.
    // errors: ST_CONFIG with what to use instead. NULL: any problem.
    status (*check)(const void *settings, const inference *problem);
    // Bytes that prepare fills from the atoms (K, C, k, k), 64-aligned. NULL: none.
    size_t (*prepared_bytes)(const void *settings, const dictionary_geometry *g);
    void (*prepare)(const void *settings, const dictionary_geometry *g, const float *atoms,
                    void *prepared);
    // Bytes of scratch that solve needs, aligned to 64, for any image of this geometry.
    size_t (*scratch_bytes)(const void *settings, const dictionary_geometry *g);
    // code: where to start (zeros, or a guess) and the result, exactly sparse.
    void (*solve)(const void *settings, const inference *problem, float *code, void *scratch,
                  inference_result *result);
} solver_type;

extern const solver_type *const solver_table[]; // NULL-ended

// The solver called `name`, or NULL.
const solver_type *solver_find(const char *name);

#endif
