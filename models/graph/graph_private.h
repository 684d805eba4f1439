// models/graph/graph_private.h -- the graph's own structures, for graph.c, graph_plan.c and
// graph_run.c.
#ifndef MODELS_GRAPH_GRAPH_PRIVATE_H
#define MODELS_GRAPH_GRAPH_PRIVATE_H

#include "base/arena.h"
#include "models/graph/graph.h"

#define GRAPH_NEVER (-1) // a time

// While planning: the pieces of memory (models/graph/graph_layout.h) of a tensor and the node that
// makes it.
typedef struct tensor_pieces {
    int value, remade, saved, gradient, beside, scratch, scratch_backward;
} tensor_pieces;

#define PIECES_OF_A_TENSOR 9 // with the two of a chain's link

// One value in the graph. Node -1 makes inputs.
typedef struct graph_tensor {
    shape shape;
    int block;
    bool bf16;           // values and gradient are bf16 numbers, else floats
    int node;            // that makes it, -1 = input
    bool wants_gradient; // something upstream learns, or the caller asked
    bool kept;
    const char *name; // of an input; not owned
    int *consumers;   // owned: nodes, in the order they run
    int consumer_count, consumer_capacity;
    bool reaches_input;  // something upstream is an input whose gradient the caller asked for
    void *gradient;      // of own worker 0; NULL: not wanted
    void *beside;        // gradient of a second or later consumer, before it is added; of the same
    int gradient_writer; // the consumer that writes it in this backward pass, or GRAPH_NEVER
    tensor_pieces pieces;
} graph_tensor;

typedef struct graph_node {
    const op_type *op;
    char name[GRAPH_NAME_SIZE];
    void *config; // owned, op->config_size bytes
    int inputs[OP_MAX_INPUTS];
    int output;
    op_plan plan;
    int first_param, first_statistic; // index into graph.params / graph.statistics
    int sharers_before; // nodes of its name before it, whose statistics are its own too
    void *out, *saved;  // of own worker 0; `out` is the output tensor's memory
    void *packed, *scratch, *scratch_backward;
    struct chain_link
        *link;     // owned; NULL: the operation takes whole batches (models/graph/graph_chains.h)
    bool learns;   // its backward pass is needed
    bool remakes;  // its output does not outlive the forward pass, and may be made again
    int remade_at; // when (models/graph/graph_lives.h), or GRAPH_NEVER
    void *out_remade; // of own worker 0: where it lies from then on; NULL: it stays in `out`
} graph_node;

struct graph {
    graph_tensor *tensors;
    int tensor_count, tensor_capacity;
    graph_node *nodes;
    int node_count, node_capacity;
    parameters own, *parameters; // its own list, and the one it uses: that or one it shares
    status error;                // of building; its message waits in the thread
    bool backward;
    arithmetic arithmetic;
    size_t portion_bytes;
    team team;
    bool meets;
    int workers;         // that run in lockstep: the team's own, or 1 if nothing meets
    int selected;        // of them
    size_t worker_bytes; // from a place of one of them to that of the next
    arena memory;
    bool within;  // another graph, which owns the memory
    int *remakes; // (remake_count) nodes, in the order in which their outputs are made again
    int remake_count;
    void *scratch;          // of workers in lockstep
    float *parts, *total;   // of the meeting under way: (workers, part), (part) or (V, part)
    const float **provided; // (workers, tensor_count): the caller's inputs
    const float *bound_params, *bound_statistics;
    float *statistics_beside; // of a call whose statistics are averaged with its name's before
};

// Node and tensor i. In every build a number out of range ends the job instead of reading beyond.
static inline graph_node *node_at(const graph *g, int i)
{
    ASSERT(i >= 0 && i < g->node_count);
    return &g->nodes[i];
}

static inline graph_tensor *tensor_at(const graph *g, int i)
{
    ASSERT(i >= 0 && i < g->tensor_count);
    return &g->tensors[i];
}

#endif
