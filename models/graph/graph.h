// models/graph/graph.h -- a static graph of operations: built once, planned once, run many times.
//
//   graph_create ─> graph_input, graph_add ... ─> graph_keep ─> graph_plan ─> graph_bind
//   each step:  graph_prepare (weights changed) ─> graph_set_input ─> graph_forward ─> _backward
//
// Nodes run in the order they were added; the batch is that of one logical worker. Where operations
// meet (models/graph/op.h), the own workers of a team run in lockstep, each node for all of them
// before the next: then inputs, values and gradients are those of the worker selected last.
// graph_plan gives each tensor and gradient a place in one arena, and lets those share memory whose
// lives do not overlap; in a step nothing is allocated. Parameters lie outside, in flat arrays of
// the caller, so that optimizers and sums over workers are single loops.
// Errors while building stick: later calls do nothing, and graph_plan returns the first one, which
// names the node.
#ifndef MODELS_GRAPH_GRAPH_H
#define MODELS_GRAPH_GRAPH_H

#include "models/graph/op.h"
#include "models/graph/parameters.h"
#include "models/graph/team.h"

typedef struct graph graph;

// backward: gradients will be asked for; without it no activation outlives its last reader.
status graph_create(graph **g, bool backward);

// The workers that the graph's operations meet; before the first graph_add. The team is copied.
// Without this call: a team of one.
void graph_join(graph *g, const team *t);

// The graph's parameters and running statistics are those of `shared`, with those of its name that
// other graphs have; the flat arrays are of all of them. Before the first graph_add. `shared`
// outlives the graph. Without this call: a list of the graph's own.
void graph_share(graph *g, parameters *shared);
const parameters *graph_parameters(const graph *g);

// How operations added from now on form products. Without this call: float32, the fastest way.
void graph_set_arithmetic(graph *g, arithmetic a);

// The bytes of images that operations run one behind the other take at a time, so that these stay
// in the second cache; 0: whole batches. Without this call: 512 kB. Weights' gradients are rounded
// otherwise by another choice.
void graph_set_portions(graph *g, size_t bytes);

// A tensor the caller provides (block 1); returns its id, -1 after an error. `name`: not copied.
// wants_gradient: backward computes its gradient.
int graph_input(graph *g, const char *name, shape s, bool wants_gradient);

// Adds operation `op` under `name`; `config` is a YAML flow text in printf format, e.g. "{channels:
// %d, kernel: 3}". `inputs` are different tensors; those of the first one's shape are reordered
// into its layout where they have another. Nodes of one name share their parameters (of equal
// shapes; gradients add up) and running statistics (batch statistics are the mean of theirs).
// Returns the output tensor's id; -1 after an error: no such operation, a config that is wrong,
// shapes that do not fit.
int graph_add(graph *g, const char *op, const char *name, const int *inputs, int input_count,
              const char *config, ...) __attribute__((format(printf, 6, 7)));

// The same with one input.
#define graph_chain(g, op, name, input, ...)                                                       \
    graph_add((g), (op), (name), &(int){input}, 1, __VA_ARGS__)

// The tensor's shape as known while building (zeros after an error).
shape graph_shape(const graph *g, int id);

// The tensor's memory is not reused: graph_value stays readable after a forward pass.
void graph_keep(graph *g, int id);

// Fixes places in memory. Errors: the first error of building; ST_INTERNAL no memory.
status graph_plan(graph *g);

// The same, in the memory of `host`'s activations where that is enough (else in its own). `host` is
// planned and outlives g. A pass of one destroys what is kept of the other; after a pass of `host`
// g wants graph_prepare again.
status graph_plan_within(graph *g, const graph *host);

size_t graph_param_count(const graph *g);     // floats of all parameters
size_t graph_statistic_count(const graph *g); // floats of all running statistics
// Parameter (or running statistic) i in the order of the flat array; NULL past the end.
const graph_param *graph_param_at(const graph *g, int i);
const graph_param *graph_statistic_at(const graph *g, int i);

// The flat arrays: weights and running statistics, read. Not owned.
void graph_bind(graph *g, const float *params, const float *statistics);

// Fills fresh parameters and statistics as their initialisation says; every tensor has its own
// random stream keyed by (seed, its index).
void graph_initialise(const graph *g, uint64_t seed, float *params, float *statistics);

// Copies the weights into the kernels' layouts; call after every change of the bound parameters.
void graph_prepare(graph *g);

// Do its operations meet? Known when it is planned.
bool graph_meets(const graph *g);

// Where operations meet: graph_set_input, graph_value and graph_gradient are now of this worker, 0
// .. count-1 of the team's own. A graph without meetings has worker 0 only, whatever its team.
void graph_select_worker(graph *g, int worker);

// `data` in block 1; must stay until the passes that read it are done. After graph_plan.
void graph_set_input(graph *g, int id, const float *data);

// Runs all nodes up to the one that makes `until`, behind the one that makes `after` (whose pass is
// done; -1: from the start). training: batch norm uses its batch and writes batch_statistics
// (graph_statistic_count floats; NULL: not wanted). For a graph of one own worker.
void graph_forward_from(graph *g, bool training, int after, int until, float *batch_statistics);

// The same from the start.
void graph_forward(graph *g, bool training, int until, float *batch_statistics);

// From d(`from`) = seed everywhere back to all parameters it depends on; adds to dparams
// (graph_param_count). dparams NULL: only gradients of inputs are computed, at no cost of weights'.
// After a training graph_forward up to `from` on a graph created with backward.
void graph_backward(graph *g, int from, float seed, float *dparams);

// The same for all own workers in lockstep, with one array for each. Collective where operations
// meet. The seed is of every worker's `from`: what is differentiated is the sum over all workers.
void graph_forward_team(graph *g, bool training, int until, float *const *batch_statistics);
void graph_backward_team(graph *g, int from, float seed, float *const *dparams);

// The same from a gradient for each row of `from` (n, ...): seeds[worker][row] everywhere in the
// row.
void graph_backward_rows(graph *g, int from, const float *const *seeds, float *const *dparams);

// A kept tensor's values, or the gradient of an input that wants one; until the next pass.
const float *graph_value(const graph *g, int id);
const float *graph_gradient(const graph *g, int id);

// Bytes of memory, its own or a host's: activations, gradients and saved (once for each own worker
// where operations meet), packed weights, scratch and what is brought to meetings.
size_t graph_bytes(const graph *g);

// Operations that choose a kernel for their forward pass; *chosen: those where its name begins with
// `start`.
int graph_kernels(const graph *g, const char *start, int *chosen);

// One line a tensor: name, operation, shape, parameters, and kB of its value, what is saved for
// backward and packed weights.
void graph_print(const graph *g, FILE *out);

void graph_destroy(graph *g);

#endif
