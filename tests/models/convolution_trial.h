// tests/models/convolution_trial.h -- one convolution on random tensors, run by a backend or as a
// whole, and the plain loops' result beside it. Memory that is returned is the caller's to free.
#ifndef TESTS_MODELS_CONVOLUTION_TRIAL_H
#define TESTS_MODELS_CONVOLUTION_TRIAL_H

#include "models/kernels/convolution/convolution_backend.h"

typedef struct size_case {
    int in, height, width, out, kernel, stride, pad;
} size_case;

// A spec with its tensors: plain, and x, y, dx in the spec's blocks. dy, weights and x are random.
typedef struct trial {
    convolution_spec spec;
    shape weights_shape;
    float *x, *dy, *weights, *y, *dx, *dweights; // plain
    float *x_blocked, *dy_blocked, *y_blocked, *dx_blocked;
} trial;

// How a pass is run: by a backend's kernel, or by a whole convolution.
typedef struct stored_run {
    int portion;         // samples at a time
    bool x_bf16, y_bf16; // how images are stored
    const convolution_backend *backend;
    const convolution_kernel *kernel;
    const convolution *whole;
    convolution_pass pass;
} stored_run;

// Floats that are all NaN, on 64 bytes.
float *new_floats(size_t count);

// Of a batch of two.
convolution_spec new_spec(const size_case *c, int in_block, int out_block);

void open_trial(trial *t, const convolution_spec *spec);

void close_trial(trial *t);

// The array as it is, or rounded to bf16 in new memory, as a kernel or a spec has it; freed by the
// caller.
void *new_stored(const float *x, size_t count, bool bf16);

// Of the blocked tensors.
convolution_operands operands(const trial *t, void *scratch);

void run_stored(const trial *t, const stored_run *r, void *scratch);

// The result of a pass in plain layout; its shape in *s.
float *plain_result(const trial *t, convolution_pass pass, shape *s);

// By plain loops.
float *reference_result(const trial *t, convolution_pass pass);

// Rounding errors are held against the largest value: single ones may be sums that cancel.
void assert_close(const trial *t, const convolution_kernel *k, const float *expected,
                  const float *got, size_t count);

#endif
