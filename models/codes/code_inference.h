// models/codes/code_inference.h -- codes of images, one after the other, by the solver a job asks
// for.
//
//   code_inference_create ─> code_inference_set_atoms (after each change of the dictionary) ─>
//   for each image: code_inference_look ─> code_inference_solve
//
// Takes images and codes as planes (C, H, W) and (K, h, w) and holds the arrays a solver works on.
#ifndef MODELS_CODES_CODE_INFERENCE_H
#define MODELS_CODES_CODE_INFERENCE_H

#include "base/status.h"
#include "models/codes/code_layout.h"
#include "models/codes/solver.h"

typedef struct inference_problem {
    const solver_type *solver;
    const penalty_type *penalty;
    const void *solver_settings, *penalty_settings; // not owned
    double alpha;                                   // weight of the distance to the prediction
    bool non_negative;
} inference_problem;

typedef struct code_inference code_inference;

// Errors: ST_CONFIG a solver that cannot work on such a problem; ST_INTERNAL no memory.
status code_inference_create(code_inference **made, const inference_problem *p,
                             const code_layout *l);

void code_inference_destroy(code_inference *c); // c may be NULL

// atoms (K, C, k, k), read now. Errors: ST_DIVERGED an atom is not finite; ST_INTERNAL LAPACK
// fails.
status code_inference_set_atoms(code_inference *c, const float *atoms);

// A bound of the largest eigenvalue of D'D for the present atoms.
double code_inference_bound(const code_inference *c);

// Takes the image (C, H, W) that the next calls are about. Errors: ST_BAD_DATA a pixel that is not
// finite.
status code_inference_look(code_inference *c, const float *image);

// lambda_max of the image, see models/codes/lambda.h.
double code_inference_lambda_max(code_inference *c);

// The code of the image. codes: start and result. prediction: codes, or NULL (then without the term
// alpha). After lambda_max of the same image and from zeros it is quicker, to the same bits.
void code_inference_solve(code_inference *c, const float *prediction, double lambda, float *codes,
                          inference_result *result);

// 1/2 |y|^2, the energy of the code 0.
double code_inference_energy_of_zero(const code_inference *c, const float *image);

// 1/2 |m (y - D z)|^2 + lambda R(z) of any code and image, which is then the one looked at.
double code_inference_energy(code_inference *c, const float *image, double lambda,
                             const float *codes);

// D z as planes (C, H, W).
void code_inference_synthesise(code_inference *c, const float *codes, float *image);

// y - D z as planes (C, H, W), likewise.
void code_inference_residual(code_inference *c, const float *image, const float *codes,
                             float *residual);

#endif
