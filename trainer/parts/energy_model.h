// trainer/parts/energy_model.h -- what a method trains: a graph from images to one energy a sample, its
// weights, and the passes of a step over it.
//
//   energy_model_create ─> the method adds its nodes behind `images` ─> energy_model_finish
//   then each step:  graph_prepare ─> for each group of own workers, for each view: the method sets
//                    their other inputs ─> energy_model_pass
#ifndef TRAINER_PARTS_ENERGY_MODEL_H
#define TRAINER_PARTS_ENERGY_MODEL_H

#include "trainer/method.h"

typedef struct energy_model {
    const method_setup *setup; // not owned
    graph *graph;
    weights weights;
    int images, energy; // tensors of graph; images: one worker's view
    int passes;         // of a worker in a step: view p of the batch is that of pass p
    double weight;      // of each pass in the loss
    size_t accuracy_at; // the energy's among the statistics; NO_ACCURACY if it has none
    arena memory;
    float *statistics_beside;        // (group, statistics) of a later pass, before the mean
    float **statistics, **gradients; // (group) where a pass writes them
} energy_model;

#define NO_ACCURACY SIZE_MAX

// A graph with the input `images`. `setup` must outlive it. Destroy it also after an error.
// Errors: ST_INTERNAL no memory.
status energy_model_create(energy_model *m, const method_setup *setup);

// Plans the graph that ends in `energy` (b, 1, 1, 1) and gives it its first weights. The loss of a
// step is the sum over `passes` of `weight` times the mean energy of the global batch.
// Errors: those of building the graph; ST_INTERNAL no memory.
status energy_model_finish(energy_model *m, int energy, int passes, double weight);

void energy_model_destroy(energy_model *m);

// Collective where the graph meets. Forward and backward of pass `pass` over a group of own workers
// (trainer/method.h), into their leaves (group.count): adds to the gradient, to metric 0 (the loss) and, where the energy has one, to metric 1 (accuracy, mean over
// passes); the statistics become the mean over the passes so far, which come in order.
void energy_model_pass(energy_model *m, const method_step *step, worker_group group, int pass,
                       const method_leaf *leaves);

#endif
