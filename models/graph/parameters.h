// models/graph/parameters.h -- parameters and running statistics by name, of one graph or of any
// number of graphs.
//
// An operation's parameter is called "node.parameter"; nodes of one name have one, in whatever
// graph they are. All learned tensors lie one behind the other in a flat array of the caller, all
// running statistics in another, in the order in which they were first asked for.
#ifndef MODELS_GRAPH_PARAMETERS_H
#define MODELS_GRAPH_PARAMETERS_H

#include "base/status.h"
#include "models/graph/op_param.h"

#include <stddef.h>
#include <stdint.h>

#define GRAPH_NAME_SIZE 128

// One learned tensor or running statistic, and where it lies in the flat array.
typedef struct graph_param {
    char name[GRAPH_NAME_SIZE]; // "layer1.0.conv1.weight"
    op_param spec;
    op_constraint constraint;
    size_t offset, count; // floats
} graph_param;

// The tensors of one flat array.
typedef struct param_list {
    graph_param *items;
    int count, capacity;
    size_t floats;
} param_list;

typedef struct parameters {
    param_list learned, statistics;
} parameters;

// Empty. Errors: ST_INTERNAL no memory.
status parameters_create(parameters **p);
void parameters_destroy(parameters *p);

// The tensor called `name`, NULL: there is none.
const graph_param *parameters_find(const param_list *list, const char *name);

// The `count` tensors "node.spec" in the list from number *first on: appended, unless the node has
// them already. constraints: of each, or NULL. Errors: ST_INTERNAL no memory, or the node's have
// other shapes.
status parameters_declare(param_list *list, const char *node, const op_param *specs,
                          const op_constraint *constraints, int count, int *first);

// Fills fresh arrays as the specs say; every tensor has its own random stream keyed by (seed, its
// number). After the last graph is built.
void parameters_initialise(const parameters *p, uint64_t seed, float *learned, float *statistics);

// slow <- keep slow + (1 - keep) fast for each tensor of the slow list, found in the fast one by
// its name. keep 0: a copy. The fast list has all that the slow one has (ASSERT), and may have
// more, in any order.
void parameters_follow(const param_list *slow, float *slow_values, const param_list *fast,
                       const float *fast_values, float keep);

#endif
