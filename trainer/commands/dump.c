// trainer/commands/dump.c -- basin dump JOB.yaml STEPS OUT.h5 [key=value ...]: what a training
// starts from and sees, so that another program can repeat it step by step
// (tests/twin/torch_twin.py).
//
//   query/..., key/..., queue, ...   the first weights and all else a checkpoint holds
//   batch/view0, batch/view1, ...    (steps * batch, C, H, W) augmented views, in the order of rows
//   batch/ids0, batch/ids1, ...      (steps * batch) samples of those rows
//   batch/shuffle                    (steps * batch) the batch position behind each shuffled row
#include "base/arena.h"
#include "base/stop_signal.h"
#include "comm/agree.h"
#include "io/files/named_output.h"
#include "trainer/command.h"
#include "trainer/job/options.h"
#include "trainer/loop/training.h"

#include <stdlib.h>
#include <string.h>

typedef struct dump_options {
    bool force;
} dump_options;

static const config_field options[] = {
    {"force", FIELD_BOOL, offsetof(dump_options, force), "false", 0, 0, NULL, "replace OUT.h5"},
    {0}};

typedef struct dump {
    uint64_t steps;
    const char *out;
    job job;
    training training;
    arena memory;
    float *views[LOADER_MAX_VIEWS];
    uint64_t *ids[LOADER_MAX_VIEWS], *shuffle;
} dump;

static status read_words(dump *d, const world *w, int argc, char **argv)
{
    dump_options chosen;
    TRY(options_read("dump", &argc, argv, options, &chosen));
    CHECK(argc >= 3, ST_USAGE, "dump: expected JOB.yaml STEPS OUT.h5 [key=value ...]");
    char *end;
    d->steps = strtoull(argv[1], &end, 10);
    CHECK(*end == '\0' && d->steps > 0 && d->steps <= 100000, ST_USAGE,
          "dump: '%s' is not a number of steps from 1 to 100000", argv[1]);
    CHECK(w->size == 1, ST_USAGE, "dump: one rank sees all workers; run it without mpirun");
    TRY(options_check_overrides("dump", argc - 3, argv + 3));
    d->out = argv[2];
    TRY(job_load(&d->job, argv[0], argc - 3, argv + 3));
    job_inputs inputs;
    output_rules rules = job_output_rules(&d->job, argv[0], chosen.force, &inputs);
    return named_output_check(d->out, &rules);
}

static status take_memory(dump *d, size_t rows, size_t view_floats)
{
    int views = d->training.view_count;
    size_t view = arena_padded(rows * view_floats * sizeof(float));
    size_t ids = arena_padded(rows * sizeof(uint64_t));
    TRY(arena_create(&d->memory, (size_t)views * (view + ids) + ids, "the batches"));
    for (int v = 0; v < views; v++) {
        d->views[v] = arena_take(&d->memory, view);
        d->ids[v] = arena_take(&d->memory, ids);
    }
    d->shuffle = arena_take(&d->memory, ids);
    return ST_OK;
}

static status collect(dump *d, size_t view_floats)
{
    size_t rows = (size_t)d->training.order.batch;
    double waited = 0;
    for (uint64_t step = 0; step < d->steps; step++) {
        TRY(stop_signal_check());
        const batch *b = loader_next(d->training.loader, &waited);
        CHECK(b != NULL, ST_USAGE, "dump: the job has only %llu steps", (unsigned long long)step);
        CHECK(b->status == ST_OK, b->status, "%s", b->message);
        for (int v = 0; v < d->training.view_count; v++) {
            memcpy(d->views[v] + step * rows * view_floats, b->views[v],
                   rows * view_floats * sizeof(float));
            memcpy(d->ids[v] + step * rows, b->ids[v], rows * sizeof(uint64_t));
        }
        for (uint64_t row = 0; row < rows; row++)
            d->shuffle[step * rows + row] = order_shuffled(&d->training.order, step, row);
    }
    return ST_OK;
}

static void name_array(checkpoint_array *array, const char *format, int view)
{
    snprintf(array->name, sizeof array->name, "batch/%s%d", format, view);
}

static status write_all(dump *d, size_t rows)
{
    training *t = &d->training;
    size_t state = snapshot_describe(t, NULL);
    int views = d->training.view_count;
    checkpoint_array *arrays = calloc(state + 2 * (size_t)views + 1, sizeof *arrays);
    CHECK(arrays != NULL, ST_INTERNAL, "no memory for the list of arrays");
    checkpoint_array *next = arrays + snapshot_describe(t, arrays);
    for (int v = 0; v < views; v++) {
        *next = (checkpoint_array){.type = ARRAY_F32,
                                   .rank = 4,
                                   .dims = {rows, (uint64_t)augmenter_channels(t->augmenter),
                                            (uint64_t)augmenter_height(t->augmenter),
                                            (uint64_t)augmenter_width(t->augmenter)},
                                   .data = d->views[v]};
        name_array(next++, "view", v);
        *next = (checkpoint_array){.type = ARRAY_U64, .rank = 1, .dims = {rows}, .data = d->ids[v]};
        name_array(next++, "ids", v);
    }
    *next++ = (checkpoint_array){"batch/shuffle", ARRAY_U64, 1, {rows}, d->shuffle};
    const checkpoint_text texts[] = {{"job", d->job.resolved}};
    status s = checkpoint_write(d->out, arrays, (size_t)(next - arrays), texts, 1);
    free(arrays);
    return s;
}

static status dump_batches(dump *d)
{
    const training *t = &d->training;
    size_t view_floats = (size_t)augmenter_channels(t->augmenter) *
                         (size_t)augmenter_height(t->augmenter) *
                         (size_t)augmenter_width(t->augmenter);
    size_t rows = (size_t)d->steps * (size_t)t->order.batch;
    TRY(take_memory(d, rows, view_floats));
    TRY(collect(d, view_floats));
    return write_all(d, rows);
}

static status run(const world *w, int argc, char **argv)
{
    dump d = {0};
    status s = agree(w, read_words(&d, w, argc, argv));
    if (s == ST_OK) {
        s = training_open_again(&d.training, w, &d.job, 0);
        if (s == ST_OK) s = agree_done(w, dump_batches(&d));
        training_close(&d.training);
    }
    arena_destroy(&d.memory);
    job_destroy(&d.job);
    return s;
}

const command_type command_dump = {
    .name = "dump",
    .usage = "JOB.yaml STEPS OUT.h5 [--force] [key=value ...]",
    .help = "write the first weights and batches of a job, to repeat it elsewhere",
    .more = "--force  replace OUT.h5, if it is there; never one of the files that are read\n",
    .run = run,
};
