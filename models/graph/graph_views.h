// models/graph/graph_views.h -- what a call of an operation sees of a graph's memory.
#ifndef MODELS_GRAPH_GRAPH_VIEWS_H
#define MODELS_GRAPH_GRAPH_VIEWS_H

#include "models/graph/graph_private.h"

// What a call is for. measure and reduce are a chain's (models/graph/graph_chains.h), for the pass
// behind them.
typedef enum call_kind {
    CALL_MEASURE,
    CALL_FORWARD,
    CALL_REMAKE,
    CALL_REDUCE,
    CALL_BACKWARD,
    CALL_KINDS
} call_kind;

// A call about the whole batch.
typedef struct graph_call {
    const graph_node *node;
    call_kind kind;
    int worker; // own
    op_run run;
    float *shared_statistics; // of all nodes, NULL: not wanted
    bool beside
        [OP_MAX_INPUTS]; // backward: this gradient has been written, the call's is to be added
} graph_call;

// What own worker `worker` has where own worker 0 has `view`.
void *graph_place(const graph *g, int worker, void *view);

// Where the tensor's value lies.
const float *graph_find_value(const graph *g, int worker, int id, call_kind kind);

// of the flat arrays, dparams and batch_statistics of the worker may be NULL.
graph_call graph_view(const graph *g, const graph_node *node, call_kind kind, int worker,
                      float *dparams, float *batch_statistics);

bool graph_sees_remade(call_kind kind);

#endif
