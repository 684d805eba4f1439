// models/graph_private.h -- the graph's own structures, for graph.c, graph_plan.c and graph_run.c.
#ifndef MODELS_GRAPH_PRIVATE_H
#define MODELS_GRAPH_PRIVATE_H

#include "base/arena.h"
#include "models/graph.h"

#define GRAPH_MAX_CONSUMERS 8

// One value in the graph. Node -1 makes inputs.
typedef struct graph_tensor {
    shape shape;
    int block;
    int node;            // that makes it, -1 = input
    bool wants_gradient; // something upstream learns, or the caller asked
    bool kept;
    const char *name;                                   // of an input; not owned
    int consumers[GRAPH_MAX_CONSUMERS], consumer_count; // nodes, in the order they run
    const float *value;                                 // input: the caller's; else in the arena
    void *gradient;                                     // floats; NULL: not wanted
    void *beside;          // gradient of a second or later consumer, before it is added
    bool gradient_written; // in this backward pass
} graph_tensor;

typedef struct graph_node {
    const op_type *op;
    char name[GRAPH_NAME_SIZE];
    void *config; // owned, op->config_size bytes
    int inputs[OP_MAX_INPUTS];
    int output;
    op_plan plan;
    int first_param, first_statistic; // index into graph.params / graph.statistics
    void *out;                        // the output tensor's memory
    void *saved, *packed;
    bool learns; // its backward pass is needed
} graph_node;

// Parameters or running statistics, and the flat array they lie in.
typedef struct param_list {
    graph_param *items;
    int count, capacity;
    size_t floats;
} param_list;

struct graph {
    graph_tensor *tensors;
    int tensor_count, tensor_capacity;
    graph_node *nodes;
    int node_count, node_capacity;
    param_list params, statistics;
    status error; // of building; its message waits in the thread
    bool backward;
    arena memory;
    void *scratch;
    const float *bound_params, *bound_statistics;
};

#endif
