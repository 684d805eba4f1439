// tests/models/op_trial.h -- one operation with one config, on small tensors, for the tests.
//
// An operation that meets (models/graph/op.h) is tried as one of TRIAL_WORKERS workers with
// different inputs; the others run along in every pass, so that the trial's gradients can be held
// against the outputs of all. Parameters and their gradients are those of all workers together.
#ifndef TESTS_MODELS_OP_TRIAL_H
#define TESTS_MODELS_OP_TRIAL_H

#include "models/graph/op_portions.h"

#define TRIAL_WORKERS 3

// How an operation is tried.
typedef struct op_setting {
    const op_type *op;
    const char *example; // its config
    int input_count;
    int block;            // of every input's layout
    int channel_multiple; // the example's channels are rounded up to a multiple of this
    bool backward;
    bool bf16; // in a net of bf16 numbers; the trial's own inputs are floats
} op_setting;

typedef struct op_trial {
    char label[160]; // "conv2d {kernel: 3}, 1 inputs, blocks of 16", for messages
    op_setting setting;
    void *settings; // the parsed config
    op_plan plan;
    float *in[OP_MAX_INPUTS], *din[OP_MAX_INPUTS];
    float *out, *dout;
    float *params[OP_MAX_PARAMS], *dparams[OP_MAX_PARAMS];
    float *statistics[OP_MAX_STATISTICS], *batch_statistics[OP_MAX_STATISTICS];
    void *packed, *saved, *scratch;
    struct op_portion_plan portions;        // of an operation with portions
    struct op_portion whole;                // all samples, and what a pass carries
    int workers, worker;                    // how many meet (1: none), and which this one is
    struct op_trial *others[TRIAL_WORKERS]; // owned; NULL at its own place and where nothing meets
    float *all_out, *all_dout;              // (workers, out); own: out and dout within
    size_t all_count;                       // floats of them
    float *parts, *total;                   // of a meeting
    float input_step; // least distance between two values of one input, and to zero
} op_trial;

// Plans and fills the tensors: inputs and parameters are the same logical values in every layout;
// dout is random. False: the operation does not take this layout (only blocks of 8 and 16 may be
// refused; other errors end the test).
bool trial_open(op_trial *t, const op_setting *setting);
void trial_close(op_trial *t);

size_t trial_param_count(const op_trial *t, int param);
size_t trial_statistic_count(const op_trial *t, int statistic);

// Views of all buffers, in training.
op_run trial_run(const op_trial *t);

// prepare and forward / backward of all workers, with out, saved, din, scratch and parts full of
// NaN before. `run`: views of this one.
void trial_forward(op_trial *t, const op_run *run);
void trial_backward(op_trial *t, const op_run *run);

// Values (n, c, h, w) in `block` copied into block 1.
void unblock(const float *from, shape s, int block, float *to);

// A copy of `count` floats, the caller's to free.
float *copied(const float *x, size_t count);

// `count` floats, all NaN.
void fill_with_nan(float *x, size_t count);

#endif
