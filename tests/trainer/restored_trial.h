// tests/trainer/restored_trial.h -- a method's state as a checkpoint could have filled it, and one
// step from there.
#ifndef TESTS_TRAINER_RESTORED_TRIAL_H
#define TESTS_TRAINER_RESTORED_TRIAL_H

#include "tests/trainer/method_trial.h"

typedef struct restored_trial {
    method_trial trial;
    checkpoint_array *arrays; // (count) of the state, all that a checkpoint holds
    void **first;             // (count) what each held at first
    size_t count;
} restored_trial;

// Collective. A small training of the method, without data. Close it also after an error.
status restored_trial_open(restored_trial *t, const world *w, const char *method);

// Collective. Whether the state as it is now is let through; then one step is done with it,
// whatever comes of it.
bool restored_trial_goes_on(restored_trial *t);

// The state is what it was at first.
void restored_trial_reset(restored_trial *t);

void restored_trial_close(restored_trial *t);

#endif
