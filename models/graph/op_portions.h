// models/graph/op_portions.h -- what an operation says that also works on a few samples of the
// batch at a time, so that what one operation has written is still in the cache when the next reads
// it. Others need none of this.
//
// Forward, remake and backward are then called for portions, of one pass in their order; all inputs
// and the output have a batch of n, and all views of tensors and gradients begin with the portion's
// first sample. What an operation must know of the whole batch it takes from two passes before:
//
//   measure   x → carried, portion by portion      then   forward    carried, x → y
//   reduce    x, dy → carried                      then   backward   carried, dy → dx
//
// Which nodes run so together: models/graph/graph_chains.h.
#ifndef MODELS_GRAPH_OP_PORTIONS_H
#define MODELS_GRAPH_OP_PORTIONS_H

#include "models/graph/op.h"

// Passes of an op_type.
struct op_portions {
    // NULL: there is nothing to know. They may be left out where the pass is one call for the whole
    // batch.
    op_pass *measure, *reduce;
};

// Plan of a node.
struct op_portion_plan {
    size_t bytes;          // set before plan(): of images, that a portion may have; 0: no portions
    int forward, backward; // samples of a portion, a divisor of in[0].n; 0: any number
    size_t carried_bytes;  // garbage before a pass and what measures for it, and behind it
};

// Samples of one call.
struct op_portion {
    int first, count; // of the batch
    bool measured;    // forward: measure has seen all samples; backward: reduce has
    void *carried;
};

// The samples of a call: without portions all.
static inline struct op_portion op_portion_of(const op_plan *p, const op_run *run)
{
    return run->portion != NULL ? *run->portion : (struct op_portion){.count = p->in[0].n};
}

#endif
