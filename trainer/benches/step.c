// trainer/benches/step.c -- basin bench step JOB.yaml: what a training step costs, on synthetic
// batches in memory, without data, checkpoints and evaluation.
//
// Times are the thread's own, so that what else runs on the machine hardly counts; they are of this
// rank. The peak of memory is read before the ceilings, which need memory too, are measured.
#include "base/clock.h"
#include "base/median.h"
#include "base/peak_memory.h"
#include "base/rng.h"
#include "comm/agree.h"
#include "models/graph/graph_meter.h"
#include "models/kernels/ceilings.h"
#include "models/kernels/threads.h"
#include "trainer/bench.h"
#include "trainer/job/options.h"
#include "trainer/loop/training.h"

#include <math.h>
#include <stdio.h>

typedef struct step_options {
    int64_t steps, warmup, size, channels;
    bool nodes;
} step_options;

enum { EPOCH_STEPS = 1 << 20 }; // of an epoch: as many as no bench takes

#define FIELD(member) offsetof(step_options, member)

static const config_field fields[] = {
    {"steps", FIELD_INT, FIELD(steps), "9", 1, BENCH_MOST_REPEATS, NULL, "to take the median of"},
    {"warmup", FIELD_INT, FIELD(warmup), "2", 0, BENCH_MOST_REPEATS, NULL, "steps before them"},
    {"size", FIELD_INT, FIELD(size), "32", 1, 4096, NULL, "height and width of a view, pixels"},
    {"channels", FIELD_INT, FIELD(channels), "3", 1, 4096, NULL, "of a view"},
    {"nodes", FIELD_BOOL, FIELD(nodes), "false", 0, 0, NULL, "each node of the graphs alone"},
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
    TRY(options_read("bench step", &argc, argv, fields, &b->options));
    CHECK(argc >= 1, ST_USAGE, "bench step: expected JOB.yaml [key=value ...]");
    TRY(options_check_overrides("bench step", argc - 1, argv + 1));
    TRY(job_load(&b->job, argv[0], argc - 1, argv + 1));
    kernels_set_threads((int)b->job.threads);
    return ST_OK;
}

// Normal numbers for images; each row is a sample of its own.
static status make_batch(step_bench *b)
{
    const training *t = &b->training;
    ASSERT(t->job != NULL);
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
        step_outcome outcome = {0};
        if (i == 0) phases_reset(&t->phases);
        if (i == 0) graph_meter_start();
        double since = clock_thread_seconds();
        b->batch.step = t->step;
        TRY(training_step(t, &b->batch, &outcome));
        if (t->stopping) TRY(agree(t->world, ST_OK)); // which hears of the signal
        phases_enter(&t->phases, PHASE_OTHER);
        if (i >= 0) b->seconds[i] = clock_thread_seconds() - since;
    }
    b->peak_memory = peak_memory();
    return ST_OK;
}

// The least time it could take, by flops without tricks such as Winograd's, or by memory.
static double floor_seconds(const step_bench *b, const meter_row *row)
{
    return fmax(row->flops / b->ceilings.flops, row->bytes / b->ceilings.bytes);
}

static void print_row(const step_bench *b, const meter_row *row, double all)
{
    double steps = (double)b->options.steps;
    printf("  %-24s %-14s %-8s %9.2f %9.1f %7.1f %8.1f%% %7.2f\n", row->name, row->op->name,
           meter_pass_names[row->pass], 1e3 * row->seconds / steps,
           1e-9 * row->flops / row->seconds, 1e-9 * row->bytes / row->seconds,
           100 * row->seconds / all, floor_seconds(b, row) / row->seconds);
}

// Row i and those behind it of the same operation and pass; false when one before it had them.
static bool sum_kind(int i, meter_row *sum)
{
    const meter_row *row, *first = graph_meter_at(i);
    *sum = (meter_row){.op = first->op, .pass = first->pass};
    for (int k = 0; (row = graph_meter_at(k)) != NULL; k++) {
        if (row->op != first->op || row->pass != first->pass) continue;
        if (k < i) return false;
        sum->calls += row->calls;
        sum->seconds += row->seconds;
        sum->flops += row->flops;
        sum->bytes += row->bytes;
    }
    snprintf(sum->name, sizeof sum->name, "%llu calls", (unsigned long long)sum->calls);
    return true;
}

static void print_operations(const step_bench *b, double all)
{
    meter_row sum;
    for (int i = 0; graph_meter_at(i) != NULL; i++)
        if (b->options.nodes)
            print_row(b, graph_meter_at(i), all);
        else if (sum_kind(i, &sum))
            print_row(b, &sum, all);
}

// Of the optimizer's phase also how fast its passes over flat arrays are.
static void print_phase(const step_bench *b, int i, double all)
{
    const phases *p = &b->training.phases;
    double seconds = p->seconds[i], rate = p->bytes[i] / seconds;
    printf("%-49s %10.2f", phase_names[i], 1e3 * seconds / (double)b->options.steps);
    if (rate > 0)
        printf(" %9s %7.1f %8.1f%% %7.2f\n", "", 1e-9 * rate, 100 * seconds / all,
               rate / b->ceilings.bytes);
    else
        printf(" %9s %7s %8.1f%%\n", "", "", 100 * seconds / all);
}

// What the workers' computers would have to send each other, were each worker on one of its own.
static void print_messages(const step_bench *b)
{
    const double *brought = b->training.phases.brought;
    printf("a worker brings, a step, kB:");
    for (int i = 0; i < MESSAGE_COUNT; i++)
        printf("%s %s %.1f", i > 0 ? "," : "", message_names[i],
               1e-3 * brought[i] / (double)b->options.steps);
    printf("\n");
}

// Of rank 0, but images/s of all.
static void print(step_bench *b, int ranks)
{
    const training *t = &b->training;
    double all = 0;
    double middle = median(b->seconds, (int)b->options.steps);
    double images = (double)t->job->workers * (double)t->workers.batch;
    for (int i = 0; i < PHASE_COUNT; i++)
        all += t->phases.seconds[i];
    printf("%s, %d rank%s of %d of %lld workers, batch %d, %dx%dx%d, %lld steps\n"
           "%.2f ms a step, %.2f images/s, peak memory %.1f MB; "
           "multiply-adds %.1f GFLOP/s, copy-add %.1f GB/s\n",
           t->job->method->name, ranks, ranks == 1 ? "" : "s", t->workers.count,
           (long long)t->job->workers, t->workers.batch, t->view.c, t->view.h, t->view.w,
           (long long)b->options.steps, 1e3 * middle, images / middle, 1e-6 * b->peak_memory,
           1e-9 * b->ceilings.flops, 1e-9 * b->ceilings.bytes);
    print_messages(b);
    printf("%-49s %9s %9s %7s %9s %7s\n", "what", "ms", "GFLOP/s", "GB/s", "share", "ceiling");
    for (int i = 0; i < PHASE_COUNT; i++)
        if (t->phases.seconds[i] > 0) print_phase(b, i, all);
    print_operations(b, all);
}

static status run(const world *w, int argc, char **argv)
{
    static step_bench b; // too large for a stack
    b = (step_bench){0};
    status s = agree(w, read_words(&b, argc, argv));
    if (s == ST_OK) {
        shape view = {1, (int)b.options.channels, (int)b.options.size, (int)b.options.size};
        uint64_t samples = (uint64_t)b.job.batch * EPOCH_STEPS;
        s = training_open_without_data(&b.training, w, &b.job, view, samples);
        if (s == ST_OK) s = agree(w, make_batch(&b));
        if (s == ST_OK) s = run_steps(&b);
        if (s == ST_OK) s = agree(w, ceilings_measure(&b.ceilings));
        if (s == ST_OK && w->rank == 0) print(&b, w->size);
        training_close(&b.training);
    }
    arena_destroy(&b.memory);
    job_destroy(&b.job);
    return s;
}

const bench_type bench_step = {
    .name = "step",
    .usage = "JOB.yaml [--steps N] [--size PIXELS] [--nodes] [key=value ...]",
    .help = "a training step on synthetic batches: its phases, memory, and the machine's ceilings",
    .run = run,
};
