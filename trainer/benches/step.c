// trainer/benches/step.c -- basin bench step JOB.yaml: what a training step costs, on synthetic batches in
// memory, without data, checkpoints and evaluation.
//
// Times are the thread's own, so that what else runs on the machine hardly counts; they are of this
// rank. The peak of memory is read before the ceilings, which need memory too, are measured.
#include "base/clock.h"
#include "base/rng.h"
#include "comm/agree.h"
#include "models/kernels/ceilings.h"
#include "models/kernels/threads.h"
#include "trainer/bench.h"
#include "trainer/options.h"
#include "trainer/training.h"

#include <stdlib.h>
#include <string.h>

typedef struct step_options {
    int64_t steps, warmup, size, channels;
} step_options;

#define FIELD(member) offsetof(step_options, member)

static const config_field fields[] = {
    {"steps", FIELD_INT, FIELD(steps), "9", 1, BENCH_MOST_REPEATS, NULL, "to take the median of"},
    {"warmup", FIELD_INT, FIELD(warmup), "2", 0, BENCH_MOST_REPEATS, NULL, "steps before them"},
    {"size", FIELD_INT, FIELD(size), "32", 1, 4096, NULL, "height and width of a view, pixels"},
    {"channels", FIELD_INT, FIELD(channels), "3", 1, 4096, NULL, "of a view"},
    {0}};

typedef struct step_bench {
    step_options options;
    job job;
    training training;
    arena memory;
    batch batch;
    double seconds[BENCH_MOST_REPEATS];
    double peak_memory; // bytes
    ceilings ceilings;
} step_bench;

static status read_words(step_bench *b, int argc, char **argv)
{
    const char **words = calloc((size_t)argc + 1, sizeof *words);
    int count = 0;
    CHECK(words != NULL, ST_INTERNAL, "no memory for %d words", argc);
    status s = options_read("bench step", argc, argv, fields, &b->options, words, &count);
    if (s == ST_OK && count < 1)
        s = failure(ST_USAGE, "bench step: expected JOB.yaml [key=value ...]");
    if (s == ST_OK) s = job_load(&b->job, words[0], count - 1, (char *const *)(words + 1));
    free(words);
    if (s == ST_OK) kernels_set_threads((int)b->job.threads);
    return s;
}

// Normal numbers for images; each row is a sample of its own.
static status make_batch(step_bench *b)
{
    const training *t = &b->training;
    view_slot slots[LOADER_MAX_VIEWS];
    int views = t->job->method->views(&t->job->method_config, slots);
    size_t rows = (size_t)t->workers.count * (size_t)t->workers.batch;
    size_t floats = rows * shape_count(t->view);
    TRY(arena_create(&b->memory,
                     (size_t)views * (arena_padded(floats * sizeof(float)) +
                                      arena_padded(rows * sizeof(uint64_t))),
                     "the batch"));
    for (int v = 0; v < views; v++) {
        float *view = arena_take(&b->memory, floats * sizeof *view);
        uint64_t *ids = arena_take(&b->memory, rows * sizeof *ids);
        rng r = rng_open(1, RNG_TEST, (uint32_t)v, (uint64_t)t->workers.first, 0);
        for (size_t i = 0; i < floats; i++)
            view[i] = rng_normal(&r);
        for (size_t i = 0; i < rows; i++)
            ids[i] = i;
        b->batch.views[v] = view;
        b->batch.ids[v] = ids;
    }
    return ST_OK;
}

// Collective.
static status run_steps(step_bench *b)
{
    training *t = &b->training;
    t->phases.clock = clock_thread_seconds;
    for (int64_t i = -b->options.warmup; i < b->options.steps; i++) {
        step_outcome outcome;
        if (i == 0) phases_reset(&t->phases);
        double since = clock_thread_seconds();
        b->batch.step = t->step;
        TRY(training_step(t, &b->batch, &outcome));
        phases_enter(&t->phases, PHASE_OTHER);
        if (i >= 0) b->seconds[i] = clock_thread_seconds() - since;
    }
    b->peak_memory = bench_peak_memory();
    return ST_OK;
}

static void print(step_bench *b)
{
    const training *t = &b->training;
    double steps = (double)b->options.steps, all = 0;
    double median = bench_median(b->seconds, (int)b->options.steps);
    double images = (double)t->workers.count * (double)t->workers.batch;
    for (int i = 0; i < PHASE_COUNT; i++)
        all += t->phases.seconds[i];
    printf("%s, %d of %lld workers, batch %d, %dx%dx%d\n", t->job->method->name, t->workers.count,
           (long long)t->job->workers, t->workers.batch, t->view.c, t->view.h, t->view.w);
    printf("%-16s %10s %10s %8s\n", "what", "ms", "rate", "share");
    printf("%-16s %10.2f %10.2f images/s of this rank\n", "step", 1e3 * median, images / median);
    for (int i = 0; i < PHASE_COUNT; i++)
        if (t->phases.seconds[i] > 0)
            printf("  %-14s %10.2f %10s %7.1f%%\n", phase_names[i],
                   1e3 * t->phases.seconds[i] / steps, "", 100 * t->phases.seconds[i] / all);
    printf("%-16s %10s %10.1f GFLOP/s\n%-16s %10s %10.1f GB/s\n%-16s %10s %10.1f MB\n",
           "multiply-adds", "", 1e-9 * b->ceilings.flops, "copy-add", "", 1e-9 * b->ceilings.bytes,
           "peak memory", "", 1e-6 * b->peak_memory);
}

static status run(const world *w, int argc, char **argv)
{
    static step_bench b; // too large for a stack
    b = (step_bench){0};
    status s = agree(w, read_words(&b, argc, argv));
    if (s == ST_OK) {
        shape view = {1, (int)b.options.channels, (int)b.options.size, (int)b.options.size};
        s = training_open_without_data(&b.training, w, &b.job, view);
        if (s == ST_OK) s = agree(w, make_batch(&b));
        if (s == ST_OK) s = run_steps(&b);
        if (s == ST_OK) s = agree(w, ceilings_measure(&b.ceilings));
        if (s == ST_OK && w->rank == 0) print(&b);
        training_close(&b.training);
    }
    arena_destroy(&b.memory);
    job_destroy(&b.job);
    return s;
}

const bench_type bench_step = {
    .name = "step",
    .usage = "JOB.yaml [--steps N] [--size PIXELS] [key=value ...]",
    .help = "a training step on synthetic batches: its phases, memory, and the machine's ceilings",
    .run = run,
};
