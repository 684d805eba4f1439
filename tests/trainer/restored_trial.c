// tests/trainer/restored_trial.c -- see restored_trial.h.
#include "tests/trainer/restored_trial.h"

#include "base/rng.h"
#include "comm/agree.h"

#include <stdlib.h>
#include <string.h>

// All sections that some method reads; each takes its own.
static const char embeds[] = "run: none\nworkers: 2\nbatch: 4\ndata: {train: none}\n"
                             "model: {net: convnet, width: 2, dim: 4}\n"
                             "optimizer: {name: sgd, lr: 0.01}\n"
                             "schedule: {name: constant, epochs: 1}\n"
                             "method: {name: %s}\n";
static const char infers[] = "run: none\nworkers: 2\nbatch: 4\ndata: {train: none}\n"
                             "penalty: {lambda: 0.1}\n"
                             "optimizer: {name: sgd, lr: 0.01}\n"
                             "schedule: {name: constant, epochs: 1}\n"
                             "method: {name: %s, atoms: 4, kernel: 3, start: last, remember: 1}\n";

static status make_job(job *j, const char *method)
{
    char text[1024];
    snprintf(text, sizeof text, embeds, method);
    if (job_parse(j, text, "job") == ST_OK) return ST_OK;
    status_clear();
    job_destroy(j);
    snprintf(text, sizeof text, infers, method);
    return job_parse(j, text, "job");
}

static status make_batch(restored_trial *t)
{
    const training *k = &t->training;
    size_t rows = (size_t)k->workers.count * (size_t)k->workers.batch;
    size_t floats = rows * shape_count(k->view);
    TRY(arena_create(&t->memory,
                     arena_padded(floats * sizeof(float)) + arena_padded(rows * sizeof(uint64_t)),
                     "a batch"));
    float *view = arena_take(&t->memory, floats * sizeof *view);
    uint64_t *ids = arena_take(&t->memory, rows * sizeof *ids);
    rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < floats; i++)
        view[i] = rng_normal(&r);
    for (size_t i = 0; i < rows; i++)
        ids[i] = i;
    for (int v = 0; v < LOADER_MAX_VIEWS; v++) {
        t->batch.views[v] = view;
        t->batch.ids[v] = ids;
    }
    return ST_OK;
}

static status keep_state(restored_trial *t)
{
    t->count = snapshot_describe(&t->training, NULL);
    t->arrays = calloc(t->count, sizeof *t->arrays);
    t->first = calloc(t->count, sizeof *t->first);
    CHECK(t->arrays != NULL && t->first != NULL, ST_INTERNAL, "no memory for a list");
    ASSERT(snapshot_describe(&t->training, t->arrays) == t->count);
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
    TRY(agree(w, make_job(&t->job, method)));
    TRY(training_open_without_data(&t->training, w, &t->job, (shape){1, 3, 8, 8}));
    TRY(agree(w, make_batch(t)));
    return agree(w, keep_state(t));
}

bool restored_trial_goes_on(restored_trial *t)
{
    bool sound = snapshot_validate(&t->training) == ST_OK;
    if (sound) {
        step_outcome outcome;
        t->batch.step = t->training.step;
        (void)training_step(&t->training, &t->batch, &outcome);
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
    if (t->training.job != NULL) training_close(&t->training);
    arena_destroy(&t->memory);
    job_destroy(&t->job);
    *t = (restored_trial){0};
}
