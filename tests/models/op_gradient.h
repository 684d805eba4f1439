// tests/models/op_gradient.h -- an operation's gradient against differences of its output.
#ifndef TESTS_MODELS_OP_GRADIENT_H
#define TESTS_MODELS_OP_GRADIENT_H

#include "tests/models/op_trial.h"

// Fails unless dx (count) is the gradient of <dout, out>, summed over all workers, by x, which is
// an input or a parameter of the trial, called `what` in messages: in random directions of size h,
// and in the plain layout at each coordinate. Where a kink lies between two points nothing is
// compared; that must not be everywhere.
void assert_gradient(op_trial *t, const char *what, float *x, size_t count, const float *dx,
                     float h);

#endif
