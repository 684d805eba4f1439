// models/codes/solvers/objective.h -- the energy of a code, what is left of the image, and the
// duality gap.
//
// With alpha the problem is a Lasso on stacked rows, y' = [m y; sqrt(2 alpha) f] and
// D' = [m D; sqrt(2 alpha) I]. Its residual r' = y' - D' z, times a number s that makes
// |D'' (s r')|_inf <= lambda, is a point of the dual problem, and
//   gap = E(z) - (1/2 |y'|^2 - 1/2 |y' - s r'|^2)
// bounds E(z) minus the least energy from above. The second term needs no knowledge of z: the best
// of several is as good.
//   source: Massias, Gramfort, Salmon 2018 (Celer), eq. 3-6; s is the best of its range
#ifndef MODELS_CODES_SOLVERS_OBJECTIVE_H
#define MODELS_CODES_SOLVERS_OBJECTIVE_H

#include "models/codes/solver.h"

// Floats of an image that count: H W C.
size_t objective_pixels(const inference *p);

// Turns D z into r = m^2 (y - D z), in place; returns 1/2 |m (y - D z)|^2.
double objective_residual(const inference *p, float *image);

// alpha |z - f|^2
double objective_prediction(const inference *p, const float *code);

// E(0) = 1/2 |m y|^2 + alpha |f|^2
double objective_at_zero(const inference *p);

// Adds 2 alpha (f - z) to D' r: minus the gradient of all but the penalty.
void objective_add_pull(const inference *p, const float *code, float *gradient);

// max |gradient|, or the largest positive one (at least 0) when z >= 0.
double objective_largest(const inference *p, const float *gradient);

// What the dual point of a residual r' is made of.
typedef struct dual_source {
    double inner;   // <y', r'>
    double size;    // |r'|^2
    double largest; // objective_largest of D'' r'
} dual_source;

// The dual point of a code's residual r = m^2 (y - D z), given 1/2 |m (y - D z)|^2 and D'' r'.
dual_source objective_source(const inference *p, const float *code, const float *residual,
                             double reconstruction, const float *gradient);

// <y, r>
double objective_inner(const inference *p, const float *residual);

// The energy of the dual point, at most the least energy of all codes.
double objective_dual(const inference *p, const dual_source *from);

// (energy - dual) / E(0), at least 0; NaN when the penalty is not L1 or a number is NaN.
double objective_relative_gap(const inference *p, double energy, double dual);

#endif
