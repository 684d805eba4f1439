// models/graph/graph_chains.h -- which nodes run together, portion by portion, so that what one
// writes is in the cache when the next reads it. Only here and in graph_chains_run.c is anything
// known of portions; planning and running ask for times, sizes and whether a chain has run a node.
//
// A chain is a node that works by portions without measuring (a convolution) with its neighbours in
// the list of nodes that measure (batch norm): forward the one that makes its input, applied, and
// the one that reads its output, measured:
//
//   forward    for each portion:   leader's forward ─> the node's forward ─> follower's measure
//   backward   for each portion:   follower's backward ─> (leader's remake) ─> the node's backward
//                                  ─> leader's reduce
//
// A value that nobody else reads, or a gradient, has memory for one portion only: it passes. A
// value that passes is remade in the backward pass.
#ifndef MODELS_GRAPH_GRAPH_CHAINS_H
#define MODELS_GRAPH_GRAPH_CHAINS_H

#include "models/graph/graph_layout.h"
#include "models/graph/graph_private.h"
#include "models/graph/op_portions.h"

// What a node of an operation with portions has for its place in a chain.
typedef struct chain_link {
    struct op_portion_plan plan;
    bool leads_forward;    // runs forward with the node behind it, portion by portion
    bool follows_forward;  // is measured with the node before it
    bool leads_backward;   // is reduced with the node behind it
    bool follows_backward; // runs backward with the node before it
    // Its output has memory for one portion only: the value, the value remade, the gradient.
    bool value_passes, remade_passes, gradient_passes;
    int carried_piece, carried_backward_piece; // of memory, while planning
    void *carried, *carried_backward;          // of own worker 0
} chain_link;

// Gives a node that is connected and not yet planned its link, if its operation has portions.
// Errors: ST_INTERNAL no memory.
status graph_prepare_link(graph *g, graph_node *node);

// Links all chains, and says which values and gradients pass; of remade values graph_pass_remakes
// says it, once it is known which nodes remake.
void graph_link_chains(graph *g);
void graph_pass_remakes(graph *g);

// Bytes that a value, a value remade and a gradient need, and whether these are of all samples.
size_t graph_value_bytes(const graph *g, const graph_tensor *t);
size_t graph_remade_bytes(const graph *g, const graph_tensor *t);
size_t graph_gradient_bytes(const graph *g, const graph_tensor *t);
bool graph_value_is_whole(const graph *g, const graph_tensor *t);
bool graph_remade_is_whole(const graph *g, const graph_tensor *t);
bool graph_gradient_is_whole(const graph *g, const graph_tensor *t);

// What a node carries within a pass: pieces of memory, and where they lie.
void graph_add_link_pieces(graph *g, int i, layout *l);
void graph_bind_link(graph_node *node, const layout *l, unsigned char *base);

// Times (models/graph/graph_lives.h): when node i's passes begin and end, when it begins to write
// what it saves, and when its backward pass begins to read.
int graph_backward_time(const graph *g, int i);
int graph_forward_begin(const graph *g, int i);
int graph_forward_end(const graph *g, int i);
int graph_saved_begin(const graph *g, int i);
int graph_backward_end(const graph *g, int i);
int graph_reduce_begin(const graph *g, int i);

#endif
