// tests/trainer/restored_trial.c -- see restored_trial.h.
#include "tests/trainer/restored_trial.h"

#include "comm/agree.h"

#include <stdlib.h>
#include <string.h>

static status keep_state(restored_trial *t)
{
    t->count = snapshot_describe(&t->trial.training, NULL);
    t->arrays = calloc(t->count, sizeof *t->arrays);
    t->first = calloc(t->count, sizeof *t->first);
    CHECK(t->arrays != NULL && t->first != NULL, ST_INTERNAL, "no memory for a list");
    ASSERT(snapshot_describe(&t->trial.training, t->arrays) == t->count);
    for (size_t i = 0; i < t->count; i++) {
        size_t bytes = checkpoint_array_bytes(&t->arrays[i]);
        t->first[i] = malloc(bytes + 1);
        CHECK(t->first[i] != NULL, ST_INTERNAL, "no memory for a copy");
        memcpy(t->first[i], t->arrays[i].data, bytes);
    }
    return ST_OK;
}

status restored_trial_open(restored_trial *t, const world *w, const char *method)
{
    *t = (restored_trial){0};
    // What has an effect on how much a checkpoint holds.
    const char *own = strcmp(method, "sparse") == 0 ? "start: last, remember: 9" : "";
    TRY(method_trial_open(&t->trial, w, &(method_settings){method, own, ""}));
    return agree(w, keep_state(t));
}

bool restored_trial_goes_on(restored_trial *t)
{
    training *k = &t->trial.training;
    bool sound = snapshot_validate(k) == ST_OK;
    if (sound) {
        step_outcome outcome;
        (void)training_step(k, method_trial_batch(&t->trial), &outcome);
    }
    status_clear();
    return sound;
}

void restored_trial_reset(restored_trial *t)
{
    for (size_t i = 0; i < t->count; i++)
        memcpy(t->arrays[i].data, t->first[i], checkpoint_array_bytes(&t->arrays[i]));
}

void restored_trial_close(restored_trial *t)
{
    for (size_t i = 0; i < t->count && t->first != NULL; i++)
        free(t->first[i]);
    free(t->first);
    free(t->arrays);
    method_trial_close(&t->trial);
    *t = (restored_trial){0};
}
