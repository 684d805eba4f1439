// models/graph/op.h -- a differentiable operation: a shape rule, a forward and a backward pass.
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
// one logical worker. The graph owns all memory and passes views. What few operations do stands in
// files of its own: meeting others (op_meeting.h), taking a few samples at a time (op_portions.h).
#ifndef MODELS_GRAPH_OP_H
#define MODELS_GRAPH_OP_H
#include "base/config.h"
#include "base/status.h"
#include "models/graph/op_meeting.h"
#include "models/graph/op_param.h"
#include "models/graph/tensor_bytes.h"
#include "models/kernels/arithmetic.h"

enum { OP_MAX_INPUTS = 4, OP_MAX_PARAMS = 4, OP_MAX_STATISTICS = 4 };

typedef struct op_plan {
    int workers; // V, that meet. From here to arithmetic: set by the graph before plan()
    int input_count;
    shape in[OP_MAX_INPUTS];
    int in_block[OP_MAX_INPUTS]; // channel block of each input's layout, see base/tensor.h
    bool in_bf16[OP_MAX_INPUTS]; // it and its gradient are bf16 numbers (only with takes_bf16)
    bool backward;               // will backward be called?
    arithmetic arithmetic;       // what the graph wants; operations may be more exact
    shape out;                   // from here on: set by plan()
    int out_block;
    bool out_bf16; // out and its gradient are bf16 numbers
    int param_count;
    op_param params[OP_MAX_PARAMS];
    op_constraint constraints[OP_MAX_PARAMS]; // of each parameter
    int statistic_count; // running statistics: not learned, updated from batch statistics
    op_param statistics[OP_MAX_STATISTICS];
    size_t packed_bytes;  // weights in the kernel's layout, written by prepare
    size_t saved_bytes;   // written by forward, read by backward; 0 unless backward
    size_t scratch_bytes; // garbage before and after each call
    bool backward_reads_input[OP_MAX_INPUTS], backward_reads_output;
    bool remake_reads_input[OP_MAX_INPUTS];
    op_meeting forward_meeting, backward_meeting;
    struct op_portion_plan *portions; // NULL: the operation takes whole batches
    const char *kernel_name; // static, of an operation that has several to choose from; else NULL
    void *kernel;            // whatever plan creates; release destroys it
} op_plan;

// What one call is about. Tensors and gradients are floats, or where the plan says so bf16 numbers.
typedef struct op_run {
    bool training; // batch statistics (true) or running statistics (false); true in backward
    const float *in[OP_MAX_INPUTS];
    float *out;                // plan->out in plan->out_block
    const float *dout;         // backward: gradient of out, same layout
    float *din[OP_MAX_INPUTS]; // backward: gradient of in, overwritten; NULL = not wanted
    const float *params[OP_MAX_PARAMS];
    float *dparams[OP_MAX_PARAMS];              // backward: added to
    const float *statistics[OP_MAX_STATISTICS]; // running statistics, read when !training
    float *batch_statistics[OP_MAX_STATISTICS]; // forward in training: overwritten; NULL: unwanted
    const void *packed;
    void *saved; // forward may write it only if plan->backward
    void *scratch;
    int worker;                       // of those that meet, 0 .. workers-1
    float *part;                      // forward_part, backward_part: overwritten
    const float *total;               // forward, backward: what the meeting gave
    const struct op_portion *portion; // NULL: all samples
} op_run;

typedef void op_pass(const void *settings, const op_plan *plan, const op_run *run);

typedef struct op_type {
    const char *name;
    const char *examples[6]; // for the conformance test: configs as YAML flow text, NULL-ended
    shape example_in[OP_MAX_INPUTS]; // that suit them all, a few hundred floats
    const config_field *fields;      // NULL: no config
    size_t config_size;              // of the struct that the fields fill; passed on as `settings`
    int min_inputs, max_inputs;
    bool takes_bf16; // any input may be bf16 numbers; else the graph widens them
    bool in_place;   // in[0] and out of one shape may share memory, and so dout and din[0]
    // Errors: ST_CONFIG shapes do not fit, ST_INTERNAL.
    status (*plan)(const void *settings, op_plan *plan);
    void (*prepare)(const void *settings, const op_plan *plan, const float *const *params,
                    void *packed);
    op_pass *forward;
    op_pass *remake;   // out bit for bit, of declared inputs, params and saved; NULL: out is kept
    op_pass *backward; // NULL: no gradient flows through it
    op_pass *forward_part, *backward_part; // NULL: no meeting in this pass
    const struct op_portions *portions;    // NULL: whole batches only
    void (*release)(op_plan *plan);        // NULL: plan creates nothing
} op_type;

extern const op_type
    *const op_table[]; // all operations and energies, NULL-ended, as in the .def files
const op_type *op_find(const char *name); // or NULL

#endif
