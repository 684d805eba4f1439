// trainer/sparse/inference_choice.h -- how a job wants codes to be inferred: encoder, penalty,
// solver.
#ifndef TRAINER_SPARSE_INFERENCE_CHOICE_H
#define TRAINER_SPARSE_INFERENCE_CHOICE_H

#include "models/codes/code_encoder.h"
#include "models/codes/solver.h"

#define LAMBDA_UNITS "absolute|relative|density"

typedef struct inference_choice {
    const code_encoder_type *encoder; // its build is NULL: none
    const penalty_type *penalty;
    const solver_type *solver;
    const void *encoder_settings, *penalty_settings, *solver_settings; // not owned
    // absolute: lambda; relative: lambda / lambda_max of each image (lambda_max: all codes are 0);
    // density: the share of codes that shall not be 0, reached by moving the relative lambda
    double lambda;
    char lambda_unit[CONFIG_TEXT_SIZE]; // one of LAMBDA_UNITS
} inference_choice;

#endif
