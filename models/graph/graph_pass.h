// models/graph/graph_pass.h -- one pass over a graph, and its calls of operations.
#ifndef MODELS_GRAPH_GRAPH_PASS_H
#define MODELS_GRAPH_GRAPH_PASS_H

#include "models/graph/graph_views.h"

// One pass: what all its calls have in common.
typedef struct graph_pass {
    graph *g;
    bool training;
    int first, last; // nodes
    float *const
        *arrays;  // of each worker: batch statistics forward, dparams backward; NULL: not wanted
    int measured; // the node that a chain has measured, or reduced, last; -1: none
    int remade;   // number of the next in the list of remakes
} graph_pass;

// What a call of the pass sees.
graph_call graph_pass_view(const graph_pass *p, const graph_node *node, call_kind kind, int worker);

// Makes a call with these views, of `count` samples from number `first` on, and adds up gradients.
void graph_make_call(const graph *g, const graph_call *c, const op_run *run, int first, int count);

// Calls of the whole batch of each worker.
void graph_call_workers(const graph_pass *p, const graph_node *node, call_kind kind);

// A tensor's gradient is written by the first of its consumers that comes by; the others write
// beside it and are added.
void graph_choose_writer(graph *g, int i);

// Of graph_chains_run.c. Runs node i forward or backward together with its neighbours, now or when
// the next of them comes; false: it is in no chain of this pass, and is not run.
bool graph_chain_forward(graph_pass *p, int i);
bool graph_chain_backward(graph_pass *p, int i);

// Will the output of node i have a gradient as soon as the node runs backward in its chain?
bool graph_chain_will_reach(const graph_pass *p, int i);

// The carried memory and samples that a call of the whole batch has. NULL: the operation takes
// whole batches.
const struct op_portion *graph_whole_portion(const graph_pass *p, const graph_call *c,
                                             struct op_portion *place);

#endif
