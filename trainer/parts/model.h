// trainer/parts/model.h -- what a method composes: a graph from inputs to energies, its weights,
// and the passes of a step over it.
//
//   model_create ─> inputs (model_images, model_rows, ...) ─> the method adds its nodes ─>
//   model_energy, model_metric ─> model_finish
//   then each step:  model_prepare ─> model_run for each group of own workers
//
// An input says once where its rows come from; the model sets it for every worker and pass. A pass
// is one forward and backward run of a worker's graph; the loss of a step is the sum over its
// passes of the weighted energies' means over the global batch.
#ifndef TRAINER_PARTS_MODEL_H
#define TRAINER_PARTS_MODEL_H

#include "trainer/method.h"

#define MODEL_MAX_INPUTS   6
#define MODEL_MAX_ENERGIES 4

// Which rows are wanted: of one worker, in one pass of a step.
typedef struct model_moment {
    const method_setup *setup;
    const method_step *step;
    int own; // number of the worker within this rank
    int pass;
} model_moment;

// Writes an input's rows of one worker, (shape of the input).
typedef void model_fill(const void *state, const model_moment *moment, float *rows);

// Where an input's rows come from: the first that is set.
typedef struct model_input {
    int tensor;
    size_t floats;        // of one worker
    int views;            // slots of the batch, from slot `pass` on, one behind the other
    float *const *arrays; // arrays[pass], read when the pass runs
    bool shared;          // each worker gets the whole array; else its rows of all workers' rows
    model_fill *fill;
    const void *state; // of fill, not owned
    double rate;       // of noise, see trainer/parts/noise.h
    int number;        // among the model's inputs
    shape shape;
    float *room; // (group, floats) where rows are gathered or filled; NULL: they lie elsewhere
} model_input;

typedef struct model_metric_source {
    int tensor; // its mean over all rows; -1: the batch statistic at `at`
    size_t at;
    int metric; // number among the method's metrics
} model_metric_source;

// Tensors of one shape: images, what was made of them, and what the model makes of that; -1: none.
typedef struct model_restoration {
    int original, spoilt, whole;
} model_restoration;

struct model {
    const method_setup *setup; // not owned
    graph *graph;
    weights weights;
    bool learns;
    int input_count, energy_count, metric_count;
    model_input inputs[MODEL_MAX_INPUTS];
    int energies[MODEL_MAX_ENERGIES];
    double energy_weights[MODEL_MAX_ENERGIES];
    model_metric_source metrics[METHOD_MAX_METRICS];
    model_restoration restoration;
    int energy;    // tensor (rows, 1, 1, 1): what is differentiated
    double weight; // of its mean
    int passes;    // of a worker in a step
    arena memory;
    float *statistics_beside;        // (group, statistics) of a later pass, before the mean
    float **statistics, **gradients; // (group) where a pass writes them
};
typedef struct model model;

// A graph without nodes, joined to the job's workers. learns: weights will be trained; else it only
// runs forward. `setup` must outlive it. Destroy it also after an error.
// Errors: ST_INTERNAL no memory.
status model_create(model *m, const method_setup *setup, bool learns);

// Inputs; each returns its tensor. Errors stick in the graph.
// Images of a worker, (views * b, C, H, W): slots pass .. pass + views - 1 of the batch.
int model_images(model *m, int views);
// A worker's rows of arrays[pass] (V * s.n, ...), which holds those of all workers in their order.
int model_rows(model *m, const char *name, shape s, float *const *arrays);
// arrays[pass], the same for each worker.
int model_shared(model *m, const char *name, shape s, float *const *arrays);
// Rows that `fill` writes before each pass. state: not owned.
int model_filled(model *m, const char *name, shape s, model_fill *fill, const void *state);

// The same for an input that is described elsewhere (trainer/parts/noise.h); `state` of its fill
// may be NULL: the input as the model keeps it.
int model_add_input(model *m, const char *name, shape s, model_input input);

// Adds `weight` times the mean of tensor `id` (rows, 1, 1, 1) to the loss. At least one; the
// energies of a model have equally many rows.
void model_energy(model *m, int id, double weight);

// The mean of tensor `id` (rows, 1, 1, 1) over all workers and passes is metric `name` of the
// method. It was added to the graph before the last energy, or is one.
void model_metric(model *m, const char *name, int id);

// The model makes images whole; an evaluation wants to see how well. They were added to the graph
// before the last energy; in a model that evaluates, their values can be read after model_measure.
void model_restores(model *m, model_restoration images);

// Plans the graph and gives it its first weights; `passes` of each worker in a step. A batch
// statistic of an operation that is called as a metric ("accuracy" of info_nce) is that metric.
// Errors: those of building the graph; ST_INTERNAL no memory.
status model_finish(model *m, int passes);

// For a model that does not learn: plans it up to tensor `id`, in the memory of `host`, whose
// activations it may destroy. Its weights are zero.
status model_finish_within(model *m, int id, const model *host);

void model_destroy(model *m);

// After each change of the weights.
void model_prepare(model *m, const method_step *step);

// Collective where the graph meets. All passes of a group of own workers (trainer/method.h) into
// their leaves (group.count), which are added to: gradient, metrics (0 is the loss); the statistics
// become the mean over the passes.
void model_run(model *m, const method_step *step, worker_group group, const method_leaf *leaves);

// Local. One forward pass of own worker 0, with running statistics: adds to sums (metrics) what the
// energy and the metrics' tensors are over the batch's first `rows` samples.
void model_measure(model *m, const method_step *step, int rows, double *sums);

// Collective where the graph meets. Forward pass `pass` of a group, up to the kept tensor `id`,
// whose rows go into their workers' places of `rows` (V * rows of the tensor, ...). Running
// statistics stay as they are.
void model_embed(model *m, const method_step *step, worker_group group, int pass, int id,
                 float *rows);

#endif
