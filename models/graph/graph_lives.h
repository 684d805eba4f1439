// models/graph/graph_lives.h -- from when to when each tensor is wanted: the pieces of memory of
// one worker.
//
// Time runs over the nodes forward (0 .. N-1) and then backward (node i at 2N-1-i); what is kept
// lives till 2N. A value is wanted from the node that makes it to its last reader, forward or
// backward. Where the node remakes its output, the value has two lives: to its last reader in the
// forward pass, and from its first to its last one in the backward pass. Remaking reads the node's
// inputs, which may have to be remade just before. A gradient lives from the last consumer's
// backward pass, which writes it, to that of the node that made the value. An operation that works
// in place takes over its input's memory, and backward its output's gradient's, where nobody reads
// that later.
#ifndef MODELS_GRAPH_GRAPH_LIVES_H
#define MODELS_GRAPH_GRAPH_LIVES_H

#include "models/graph/graph_layout.h"
#include "models/graph/graph_private.h"

// Sets remade_at of all nodes, given which of them remake.
void graph_time_remakes(graph *g);

// Adds the pieces of all tensors, given the times of remakes.
void graph_add_pieces(graph *g, layout *l);

#endif
