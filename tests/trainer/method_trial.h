// tests/trainer/method_trial.h -- a small training of any method, on synthetic images that are made
// in memory.
//
// Each batch is a pure function of its step, as a loader's is: samples by io/views/order.h, images
// by sample and draw. So a trial on any number of ranks sees the same data.
#ifndef TESTS_TRAINER_METHOD_TRIAL_H
#define TESTS_TRAINER_METHOD_TRIAL_H

#include "base/arena.h"
#include "trainer/loop/training.h"

#define METHOD_TRIAL_WORKERS 4
#define METHOD_TRIAL_STEPS   6 // of the schedule: three epochs of two steps

typedef struct method_settings {
    const char *method;
    const char *own; // more keys of the job's `method` section, "symmetric: true"; "" = none
    const char
        *sections; // lines that stand in the job instead of its own like ones, or beside them
} method_settings;

typedef struct method_trial {
    job job;
    training training;
    arena memory;
    batch batch;
    float *views[LOADER_MAX_VIEWS];  // (rows of own workers, C, H, W)
    uint64_t *ids[LOADER_MAX_VIEWS]; // (rows)
    view_slot slots[LOADER_MAX_VIEWS];
    int view_count;
} method_trial;

// Collective. At step 0. Close it also after an error.
status method_trial_open(method_trial *t, const world *w, const method_settings *settings);

// The batch of the training's next step, valid until the next call.
const batch *method_trial_batch(method_trial *t);

// Collective. Steps up to step `end`; adds how often they allocated memory.
status method_trial_run(method_trial *t, uint64_t end, int *allocations);

// XXH3-64 of the complete state.
uint64_t method_trial_hash(method_trial *t);

// Bytes of the complete state, as a checkpoint would hold it; copies it out, and in.
size_t method_trial_state_size(method_trial *t);
void method_trial_save(method_trial *t, void *state);
void method_trial_restore(method_trial *t, const void *state);

// For a world of one rank, after a step. The loss of the next step's batch, in doubles over the
// workers; with `gradient` (learned parameters) also what the backward pass says. What a method
// makes beside its model (keys, targets) stays as it was.
double method_trial_energy(method_trial *t, float *gradient);

void method_trial_close(method_trial *t);

#endif
