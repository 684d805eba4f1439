// models/op.h -- what a differentiable operation is: a shape rule, a forward and a backward pass.
//
//   plan      once: shapes in → shape out, parameters, bytes wanted; may create kernels, no buffers
//   prepare   after each change of the weights: copy them into the layout the kernel likes
//   forward   x → y                (many times; never allocates, never fails)
//   backward  x, y, dy → dx, dparam (dx overwritten, dparam added to)
//   release   once: destroy what plan created
//
// An operation is one file in models/ops/ (models/energies/ when its output is one scalar a sample)
// that ends in one exported const op_type, and one line in the folder's .def. It sees the batch of
// one logical worker. The graph owns all memory and passes views.
#ifndef MODELS_OP_H
#define MODELS_OP_H

#include "base/config.h"
#include "base/status.h"
#include "base/tensor.h"

#include <stdbool.h>
#include <stddef.h>

#define OP_MAX_INPUTS     4
#define OP_MAX_PARAMS     4
#define OP_MAX_STATISTICS 4

// How a parameter starts: uniform in ±scale, normal of deviation scale, or the constant scale.
typedef enum op_init { INIT_UNIFORM, INIT_NORMAL, INIT_CONSTANT } op_init;

typedef struct op_param {
    const char *name; // "weight", "bias", "running_mean": PyTorch's name
    int rank;         // number of dims, 1..4
    int dims[4];      // row-major; convolution weights are (out, in, height, width)
    op_init init;
    float scale;
    bool is_norm_or_bias; // weight decay may spare it
} op_param;

typedef struct op_plan {
    // set by the graph before plan()
    int input_count;
    shape in[OP_MAX_INPUTS];
    int in_block[OP_MAX_INPUTS]; // channel block of each input's layout, see base/tensor.h
    bool backward;               // will backward be called?

    // set by plan()
    shape out;
    int out_block;
    int param_count;
    op_param params[OP_MAX_PARAMS];
    int statistic_count; // running statistics: not learned, updated from batch statistics
    op_param statistics[OP_MAX_STATISTICS];
    size_t packed_bytes;  // weights in the kernel's layout, written by prepare
    size_t saved_bytes;   // written by forward, read by backward
    size_t scratch_bytes; // garbage before and after each call
    bool backward_reads_input[OP_MAX_INPUTS];
    bool backward_reads_output;
    void *kernel; // whatever plan creates; release destroys it
} op_plan;

typedef struct op_run {
    bool training; // batch statistics (true) or running statistics (false)
    const float *in[OP_MAX_INPUTS];
    float *out;                // plan->out in plan->out_block
    const float *dout;         // backward: gradient of out, same layout
    float *din[OP_MAX_INPUTS]; // backward: gradient of in, overwritten; NULL = not wanted
    const float *params[OP_MAX_PARAMS];
    float *dparams[OP_MAX_PARAMS];              // backward: added to
    const float *statistics[OP_MAX_STATISTICS]; // running statistics, read when !training
    float *batch_statistics[OP_MAX_STATISTICS]; // forward in training: overwritten
    const void *packed;
    void *saved;
    void *scratch;
} op_run;

typedef struct op_type {
    const char *name;
    const char *examples[4]; // configs for the conformance test, as "key: value" YAML flow text
                             // ("{channels: 5, kernel: 3}"); NULL-ended, at least one
    shape example_in[OP_MAX_INPUTS]; // input shapes for the conformance test
    const config_field *fields;      // NULL: no config
    size_t config_size;
    int min_inputs, max_inputs;
    status (*plan)(const void *config, op_plan *plan); // errors: ST_CONFIG, ST_INTERNAL
    void (*prepare)(const void *config, const op_plan *plan, const float *const *params,
                    void *packed); // NULL: nothing to prepare
    void (*forward)(const void *config, const op_plan *plan, const op_run *run);
    void (*backward)(const void *config, const op_plan *plan, const op_run *run);
    void (*release)(op_plan *plan); // NULL: plan creates nothing
} op_type;

// All operations and energies, NULL-ended, in the order of ops.def and energies.def.
extern const op_type *const op_table[];

// The operation or energy called `name`, or NULL.
const op_type *op_find(const char *name);

#endif
