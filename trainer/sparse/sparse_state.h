// trainer/sparse/sparse_state.h -- what method sparse remembers from step to step; its hooks that
// are no part of a step (trainer/method.h).
#ifndef TRAINER_SPARSE_SPARSE_STATE_H
#define TRAINER_SPARSE_SPARSE_STATE_H

#include "trainer/sparse/code_memory.h"
#include "trainer/sparse/code_numbers.h"
#include "trainer/sparse/reseeding.h"
#include "trainer/sparse/sparse_lambda.h"

// The first metrics are those of trainer/sparse/code_numbers.h, 0 where there is none.
enum {
    METRIC_ALIVE = CODE_NUMBERS, // atoms in use
    METRIC_BOUND                 // L
};

typedef struct sparse_state {
    const method_setup *setup;
    const sparse_config *config;
    sparse_model model;
    reseeding reseeding;
    code_memory memory; // with start last
    float lambda;       // see trainer/sparse/sparse_lambda.h
} sparse_state;

// Does inference start from the sample's last code?
bool sparse_starts_from_last(const sparse_state *m);

// hooks
status sparse_state_create(void *state, const method_setup *s, method_core *core);
size_t sparse_state_describe(void *state, checkpoint_array *arrays);
status sparse_state_validate(const void *state);
void sparse_state_destroy(void *state);
status sparse_state_draw(void *state, const char *prefix);
bool sparse_state_measures(const void *state, size_t i);
void sparse_state_tell_idle(const void *state, const view_variety *views);

#endif
