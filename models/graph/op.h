// models/graph/op.h -- what a differentiable operation is: a shape rule, a forward and a backward pass.
//
//   plan      once: shapes in → shape out, parameters, bytes wanted; may create kernels, no buffers
//   prepare   after each change of the weights: copy them into the layout the kernel likes
//   forward   x → y                (many times; never allocates, never fails)
//   remake    x → y again, when backward passes want y whose memory others had meanwhile
//   backward  x, y, dy → dx, dparam (dx overwritten, dparam added to)
//   release   once: destroy what plan created
//
// An operation is one file in models/ops/ (models/energies/ when its output is one scalar a sample)
// that ends in one exported const op_type, and one line in the folder's .def. It sees the batch of
// one logical worker. The graph owns all memory and passes views.
//
// An operation whose result depends on all workers' batches meets them, once in a pass at most:
//
//   forward_part   x → this worker's part ─┐   all own workers,     ┌─> forward   x, total → y
//   backward_part  dy → this worker's part ┴─> then sum or gather ──┴─> backward  dy, total → dx
//
// What backward gives is then the gradient of the sum of all workers' energies: of dx in full, of
// dparam this worker's share, which the trainer adds up as it does all gradients. The adjoint of a
// forward meeting is a meeting in the backward pass: of a sum a sum, of a gather a sum of which each
// worker takes its own rows.
//
// An operation may also work by portions, of a few samples of the batch at a time, so that what one operation has
// written is still in the cache when the next reads it. What such an operation must know of the whole batch
// it takes from two passes before:
//
//   measure   x → carried, portion by portion      then   forward    carried, x → y
//   reduce    x, dy → carried                      then   backward   carried, dy → dx
#ifndef MODELS_GRAPH_OP_H
#define MODELS_GRAPH_OP_H

#include "base/config.h"
#include "base/status.h"
#include "base/tensor.h"
#include "models/kernels/arithmetic.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OP_MAX_INPUTS     4
#define OP_MAX_PARAMS     4
#define OP_MAX_STATISTICS 4

// A running statistic's update, which is the trainer's: new = (1 - momentum) old + momentum mean,
// the mean being that of batch_statistics over all workers. 0.1 is PyTorch's.
#define STATISTIC_MOMENTUM 0.1f

// How a parameter starts: uniform in ±scale, normal of deviation scale, or the constant scale.
typedef enum op_init { INIT_UNIFORM, INIT_NORMAL, INIT_CONSTANT } op_init;

// What a parameter must fulfil after every update; the trainer sees to it.
typedef enum op_constraint {
    CONSTRAINT_NONE,
    CONSTRAINT_UNIT_ROWS // each row (first dimension) has length 1: the atoms of a dictionary
} op_constraint;

typedef struct op_param {
    const char *name; // "weight", "bias", "running_mean": PyTorch's name
    int rank;         // number of dims, 1..4
    int dims[4];      // row-major; convolution weights are (out, in, height, width)
    op_init init;
    float scale;
    bool is_norm_or_bias; // weight decay may spare it
} op_param;

// What the workers bring together in the middle of a pass.
typedef struct op_meeting {
    size_t floats; // of one worker's part; 0: no meeting
    bool gather;   // total = the parts of all workers in their order; else their sum
} op_meeting;

typedef struct op_plan {
    // set by the graph before plan()
    int workers; // V, that meet
    int input_count;
    shape in[OP_MAX_INPUTS];
    int in_block[OP_MAX_INPUTS]; // channel block of each input's layout, see base/tensor.h
    bool in_bf16[OP_MAX_INPUTS]; // it and its gradient are bf16 numbers (only with takes_bf16)
    bool backward;               // will backward be called?
    arithmetic arithmetic;       // what the graph wants; operations may be more exact
    size_t portion_bytes;        // of images, that a portion may have; 0: no portions

    // set by plan()
    shape out;
    int out_block;
    bool out_bf16; // out and its gradient are bf16 numbers
    int param_count;
    op_param params[OP_MAX_PARAMS];
    op_constraint constraints[OP_MAX_PARAMS]; // of each parameter
    int statistic_count; // running statistics: not learned, updated from batch statistics
    op_param statistics[OP_MAX_STATISTICS];
    size_t packed_bytes;  // weights in the kernel's layout, written by prepare
    size_t saved_bytes;   // written by forward, read by backward; 0 unless backward
    size_t scratch_bytes; // garbage before and after each call, or each pass by portions
    size_t carried_bytes; // garbage before a pass and what measures for it, and behind it
    // Samples of a portion, a divisor of in[0].n. 0: any number. Of operations that work by portions.
    int forward_portion, backward_portion;
    bool backward_reads_input[OP_MAX_INPUTS];
    bool backward_reads_output;
    bool remake_reads_input[OP_MAX_INPUTS];
    op_meeting forward_meeting, backward_meeting;
    void *kernel; // whatever plan creates; release destroys it
} op_plan;

// Bytes of a tensor.
static inline size_t tensor_bytes(shape s, bool bf16)
{
    return shape_count(s) * (bf16 ? sizeof(uint16_t) : sizeof(float));
}

// `bytes` behind a view; NULL stays NULL.
static inline void *advance(void *view, size_t bytes)
{
    return view == NULL ? NULL : (unsigned char *)view + bytes;
}

static inline const void *advance_read(const void *view, size_t bytes)
{
    return view == NULL ? NULL : (const unsigned char *)view + bytes;
}

static inline bool shape_equal(shape a, shape b)
{
    return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w;
}

// What one call is about. Of an operation by portions: `samples` from number `first` of the batch on, with which
// all views of tensors and gradients begin; else all.
// Tensors and gradients are floats, or where the plan says so bf16 numbers (models/kernels/bf16.h).
typedef struct op_run {
    bool training; // batch statistics (true) or running statistics (false); true in backward
    int first, samples;
    bool measured; // forward: measure has seen all samples; backward: reduce has
    const float *in[OP_MAX_INPUTS];
    float *out;                // plan->out in plan->out_block
    const float *dout;         // backward: gradient of out, same layout
    float *din[OP_MAX_INPUTS]; // backward: gradient of in, overwritten; NULL = not wanted
    const float *params[OP_MAX_PARAMS];
    float *dparams[OP_MAX_PARAMS];              // backward: added to
    const float *statistics[OP_MAX_STATISTICS]; // running statistics, read when !training
    float *batch_statistics[OP_MAX_STATISTICS]; // forward in training: overwritten; NULL = not
                                                // wanted
    const void *packed;
    void *saved; // forward may write it only if plan->backward
    void *scratch;
    void *carried;
    // Of an operation that meets:
    int worker;         // 0 .. workers-1
    float *part;        // forward_part, backward_part: overwritten
    const float *total; // forward, backward: what the meeting gave
} op_run;

// One call of a pass.
typedef void op_pass(const void *settings, const op_plan *plan, const op_run *run);

typedef struct op_type {
    const char *name;
    // For the conformance test: configs as YAML flow text ("{channels: 5, kernel: 3}"), NULL-ended,
    // at least one, and input shapes that suit all of them, a few hundred floats in all. Each
    // config is tried with each permitted number of inputs and in each layout that plan accepts.
    const char *examples[6];
    shape example_in[OP_MAX_INPUTS];
    const config_field *fields; // NULL: no config
    size_t config_size;         // of the struct that the fields fill; passed on as `settings`
    int min_inputs, max_inputs;
    bool takes_bf16; // any input may be bf16 numbers; else the graph widens them
    // Where in[0] and out have one shape and kind of numbers, forward may find them in one place, and
    // backward dout and din[0].
    bool in_place;
    // forward, remake and backward may be called for portions, of one pass in their order; all inputs and the
    // output have a batch of n then.
    bool by_portions;
    // errors: ST_CONFIG shapes or layouts that do not fit, ST_INTERNAL
    status (*plan)(const void *settings, op_plan *plan);
    void (*prepare)(const void *settings, const op_plan *plan, const float *const *params,
                    void *packed); // NULL: nothing to prepare
    op_pass *forward;
    // Writes out as the last forward pass in training did, bit for bit, from the inputs it declares,
    // params and saved; without scratch. NULL: out is kept for the backward pass.
    op_pass *remake;
    op_pass *backward;
    // NULL: there is nothing to know. They may be left out where the pass is one call for the whole batch.
    op_pass *measure;
    op_pass *reduce;
    // NULL: no meeting in this pass. Like forward and backward, but only `part`, `saved` (forward)
    // and dparams (backward) may be written; scratch does not last to the second half.
    op_pass *forward_part;
    op_pass *backward_part;
    void (*release)(op_plan *plan); // NULL: plan creates nothing
} op_type;

// All operations and energies, NULL-ended, in the order of ops.def and energies.def.
extern const op_type *const op_table[];

// The operation or energy called `name`, or NULL.
const op_type *op_find(const char *name);

#endif
