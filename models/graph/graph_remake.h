// models/graph/graph_remake.h -- which outputs are made again in the backward pass instead of being
// kept.
#ifndef MODELS_GRAPH_GRAPH_REMAKE_H
#define MODELS_GRAPH_GRAPH_REMAKE_H

#include "models/graph/graph_layout.h"
#include "models/graph/graph_private.h"

// Sets which nodes remake their outputs and when, and the list of those that do. l: room for all
// pieces, empty before and after. Errors: ST_INTERNAL no memory.
status graph_choose_remakes(graph *g, layout *l);

#endif
