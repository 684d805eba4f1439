// trainer/parts/weights.h -- all parameters of a graph as one flat array, and its running
// statistics as another.
#ifndef TRAINER_PARTS_WEIGHTS_H
#define TRAINER_PARTS_WEIGHTS_H

#include "base/arena.h"
#include "io/checkpoint/checkpoint.h"
#include "models/graph/graph.h"

// Under this name the learned weights stand in checkpoints, unless their owner says otherwise.
#define LEARNED_PREFIX "query"

typedef struct weights {
    const char *prefix; // in checkpoints; LEARNED_PREFIX at first
    graph *graph;       // not owned; names and places
    float *params, *statistics;
    size_t param_count, statistic_count; // floats
    float *rates; // one a parameter tensor: factor of the learning rate, 1 at first
    arena memory;
} weights;

// Zeroed arrays for a graph that is built, bound to it. Errors: ST_INTERNAL no memory.
status weights_create(weights *w, graph *g);

void weights_destroy(weights *w);

// Describes a flat array laid out as the parameters (params itself, or an optimizer's state) for a
// checkpoint: one array a tensor, named "prefix/layer1.0.conv1.weight". Returns how many;
// arrays == NULL: only counts.
size_t weights_describe_params(const weights *w, const char *prefix, float *flat,
                               checkpoint_array *arrays);

// The same for the running statistics.
size_t weights_describe_statistics(const weights *w, const char *prefix, checkpoint_array *arrays);

// Parameters and statistics as a checkpoint file has them under the prefix. Errors: those of
// io/checkpoint/checkpoint.h; ST_INTERNAL no memory.
status weights_read(weights *w, const char *path);

// Makes the parameters fulfil their constraints (models/graph/op.h): rows of length 1; a row of
// zeros stays.
void weights_constrain(weights *w);

// slow <- keep slow + (1 - keep) fast, of each parameter by its name; `fast` has all that `slow`
// has. keep 0: a copy.
void weights_follow(weights *slow, const weights *fast, float keep);

// A copy of the running statistics, by name.
void weights_copy_statistics(weights *to, const weights *from);

// average <- keep * average + (1 - keep) * newest, elementwise.
void weights_average(float *average, const float *newest, size_t count, float keep);

#endif
