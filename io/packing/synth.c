// io/packing/synth.c -- the registry of synthetic data, and its way into shards.
#include "io/packing/synth.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYNTH(name) extern const synth_type synth_##name;
#include "io/packing/synths.def"
#undef SYNTH

#define SYNTH(name) &synth_##name,
const synth_type *const synth_table[] = {
#include "io/packing/synths.def"
    NULL};
#undef SYNTH

#define SHARD_SIZE 10000 // samples

const synth_type *synth_find(const char *name)
{
    for (const synth_type *const *kind = synth_table; *kind != NULL; kind++)
        if (strcmp((*kind)->name, name) == 0) return *kind;
    return NULL;
}

int64_t synth_draw(const synth_type *kind, uint64_t seed, uint32_t split, uint64_t index, int size,
                   void *pixels)
{
    rng r = rng_open(seed, RNG_SYNTH, split, index, 0);
    return kind->draw(&r, index, size, pixels);
}

int synth_size(const synth_job *job)
{
    return job->size > 0 ? job->size : job->kind->usual;
}

static void split_prefix(const synth_job *job, uint32_t split, char prefix[PATH_MAX])
{
    static const char *const names[] = {"train", "test"};
    snprintf(prefix, PATH_MAX, "%s/%s", job->folder, names[split]);
}

static status write_split(const synth_job *job, uint32_t split, uint64_t count,
                          shard_series_result *made)
{
    char prefix[PATH_MAX];
    shard_series *series;
    int size = synth_size(job);
    sample_shape shape = {.height = size,
                          .width = size,
                          .channels = job->kind->channels,
                          .type = job->kind->type,
                          .labelled = job->kind->classes > 0};
    split_prefix(job, split, prefix);
    void *pixels = malloc(sample_bytes(&shape));
    CHECK(pixels != NULL, ST_INTERNAL, "no memory for an image of %d x %d", size, size);
    status s = shard_series_open(&series, prefix, &shape, count, SHARD_SIZE,
                                 &(output_rules){.replace = job->replace});
    if (s == ST_OK) {
        for (uint64_t i = 0; i < count && s == ST_OK; i++) {
            int64_t label = synth_draw(job->kind, job->seed, split, i, size, pixels);
            s = shard_series_add(series, pixels, &label);
        }
        if (s == ST_OK)
            s = shard_series_close(series, made);
        else
            shard_series_abandon(series);
    }
    free(pixels);
    return s;
}

status synth_write(const synth_job *job, shard_series_result made[2])
{
    uint64_t counts[2] = {job->train, job->test};
    const synth_type *kind = job->kind;
    int size = synth_size(job);
    CHECK(size >= kind->smallest && size <= kind->largest, ST_USAGE,
          "images of %s have %d to %d pixels a side, not %d; without a size they have %d",
          kind->name, kind->smallest, kind->largest, size, kind->usual);
    status s = ST_OK;
    made[0] = made[1] = (shard_series_result){0};
    for (uint32_t split = 0; split < 2 && s == ST_OK; split++)
        if (counts[split] > 0) s = write_split(job, split, counts[split], &made[split]);
    for (uint32_t split = 0; split < 2 && s != ST_OK; split++) {
        char prefix[PATH_MAX];
        split_prefix(job, split, prefix);
        shard_series_remove(prefix, made[split].files);
    }
    return s;
}
