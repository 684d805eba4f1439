// models/graph/graph_chains.h -- which nodes run together, portion by portion, so that what one writes is in the cache when
// the next reads it.
//
// A chain is a node that works by portions without measuring (a convolution) with its neighbours in the list of
// nodes that measure (batch norm): forward the one that makes its input, applied, and the one that reads its output,
// measured:
//
//   forward    for each portion:   leader's forward ─> the node's forward ─> follower's measure
//   backward   for each portion:   follower's backward ─> (leader's remake) ─> the node's backward ─> leader's reduce
//
// A value that nobody else reads, or a gradient, has memory for one portion only: it passes. A value that passes is
// remade in the backward pass.
#ifndef MODELS_GRAPH_GRAPH_CHAINS_H
#define MODELS_GRAPH_GRAPH_CHAINS_H

#include "models/graph/graph_private.h"

// Links all chains, and says which values and gradients pass; of remade values graph_pass_remakes says it, once
// it is known which nodes remake.
void graph_link_chains(graph *g);
void graph_pass_remakes(graph *g);

// Times (models/graph/graph_lives.h) of node i's passes, and of what it measures for them.
int graph_backward_time(const graph *g, int i);
int graph_forward_begin(const graph *g, int i);
int graph_forward_end(const graph *g, int i);
int graph_measure_begin(const graph *g, int i);
int graph_backward_end(const graph *g, int i);
int graph_reduce_begin(const graph *g, int i);

#endif
