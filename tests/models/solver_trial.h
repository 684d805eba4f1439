// tests/models/solver_trial.h -- small problems of inference, and their least energy by a slow way.
#ifndef TESTS_MODELS_SOLVER_TRIAL_H
#define TESTS_MODELS_SOLVER_TRIAL_H

#include "models/codes/solver.h"

typedef struct trial_kind {
    const char *name;
    dictionary_geometry g;
    bool masked, non_negative;
    double alpha, part; // lambda is this part of lambda_max
} trial_kind;

extern const trial_kind trial_kinds[]; // name NULL ends

// One index of code, atom and image that meet in D z.
typedef struct meeting {
    size_t code, tap, pixel;
} meeting;

typedef struct trial {
    trial_kind kind;
    inference problem; // L1, ready for a solver; its arrays are below
    float *atoms, *packed, *image, *mask, *prediction;
    float *code, *scratch; // scratch holds NaN
    size_t codes;          // floats of a code array
    double *z;             // (codes) the oracle's, of energy `least`
    double least;          // infinite until it was asked
    meeting *meetings;     // all
    size_t meeting_count;
    union {
        char bytes[1024];
        double aligned;
    } settings;
    const solver_type *solver;
    void *prepared;
} trial;

trial trial_open(const trial_kind *kind);
void trial_close(trial *t);

// Makes ready for a solver with settings as YAML flow text. False when the solver refuses the
// problem.
bool trial_use(trial *t, const solver_type *solver, const char *settings);

// Runs it from t->code.
inference_result trial_run(trial *t);

// E in double by the formulas written out; of a code of doubles with the strides of the float code.
double trial_energy(const trial *t, const double *code);
double trial_energy_of_code(const trial *t);

// The least energy, by many iterations of ISTA in double, once; t->z is the code.
double trial_least_energy(trial *t);

#endif
