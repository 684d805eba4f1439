// models/graph/op_meeting.h -- an operation whose result depends on all workers' batches meets
// them, once in a pass at most:
//
//   forward_part   x → this worker's part ─┐   all own workers,     ┌─> forward   x, total → y
//   backward_part  dy → this worker's part ┴─> then sum or gather ──┴─> backward  dy, total → dx
//
// What backward gives is then the gradient of the sum of all workers' energies: of dx in full, of
// dparam this worker's share, which the trainer adds up as it does all gradients. The adjoint of a
// forward meeting is a meeting in the backward pass: of a sum a sum, of a gather a sum of which
// each worker takes its own rows.
//
// forward_part and backward_part are like forward and backward, but only `part`, `saved` (forward)
// and dparams (backward) may be written; scratch does not last to the second half.
#ifndef MODELS_GRAPH_OP_MEETING_H
#define MODELS_GRAPH_OP_MEETING_H

#include <stdbool.h>
#include <stddef.h>

// What the workers bring together in the middle of a pass.
typedef struct op_meeting {
    size_t floats; // of one worker's part; 0: no meeting
    bool gather;   // total = the parts of all workers in their order; else their sum
} op_meeting;

#endif
