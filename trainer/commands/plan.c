// trainer/commands/plan.c -- basin plan JOB.yaml --nodes N: what a job will need on a cluster, and
// the file to queue it with.
//
// One process does the share of one rank (its logical workers, its part of the batch) for a few
// steps and looks at the clock and at its memory, when it has taken that of an evaluation too; the
// sum over ranks is added from a model. Nothing of the run folder is touched.
#include "base/peak_memory.h"
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/commands/batch_script.h"
#include "trainer/command.h"
#include "trainer/loop/training_evaluate.h"
#include "trainer/job/options.h"
#include "trainer/commands/plan_cost.h"
#include "trainer/loop/training.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct plan_options {
    int64_t nodes, ranks_per_node, steps;
    double network;
} plan_options;

#define FIELD(member) offsetof(plan_options, member)

static const config_field fields[] = {
    {"nodes", FIELD_INT, FIELD(nodes), NULL, 1, 65536, NULL, "machines of the cluster"},
    {"ranks_per_node", FIELD_INT, FIELD(ranks_per_node), "1", 1, 4096, NULL, "ranks on each"},
    {"network", FIELD_REAL, FIELD(network), "12.5", 0.001, 1000, NULL,
     "GB/s of a node's network (12.5: 100 Gb/s)"},
    {"steps", FIELD_INT, FIELD(steps), "5", 2, 1000, NULL, "to measure"},
    {0}};

typedef struct planning {
    plan_options options;
    char **words; // JOB key=value ..., room for 3 more
    int word_count;
    job job;         // as it will run
    job share;       // as one rank's part of it
    char folder[64]; // of the measurement
    plan_measured measured;
} planning;

static status read_words(planning *p, const world *w, int argc, char **argv)
{
    CHECK(w->size == 1, ST_USAGE, "plan: one process stands for a rank; run it without mpirun");
    TRY(options_read("plan", &argc, argv, fields, &p->options));
    CHECK(argc >= 1, ST_USAGE, "plan: expected JOB.yaml [key=value ...] --nodes N");
    TRY(options_check_overrides("plan", argc - 1, argv + 1));
    p->words = calloc((size_t)argc + 3, sizeof *p->words);
    CHECK(p->words != NULL, ST_INTERNAL, "no memory for %d words", argc);
    memcpy(p->words, argv, (size_t)argc * sizeof *argv);
    p->word_count = argc;
    return job_load(&p->job, argv[0], argc - 1, argv + 1);
}

static int64_t ranks_of(const plan_options *o)
{
    return o->nodes * o->ranks_per_node;
}

// The job of one rank: its own workers and their samples, a folder that goes away.
static status load_share(planning *p)
{
    int64_t ranks = ranks_of(&p->options);
    ASSERT(ranks > 0);
    CHECK(p->job.workers % ranks == 0, ST_CONFIG,
          "plan: %lld ranks do not divide the job's %lld workers; take other --nodes or "
          "--ranks-per-node, or change workers (they are part of the experiment)",
          (long long)ranks, (long long)p->job.workers);
    const char *temporary = getenv("TMPDIR");
    int length = snprintf(p->folder, sizeof p->folder, "%s/basin-plan-XXXXXX",
                          temporary != NULL ? temporary : "/tmp");
    CHECK(length < (int)sizeof p->folder && mkdtemp(p->folder) != NULL, ST_IO,
          "plan: %s: no folder can be made here; set TMPDIR", p->folder);
    char own_workers[64], own_batch[64], own_run[128];
    snprintf(own_workers, sizeof own_workers, "workers=%lld", (long long)(p->job.workers / ranks));
    snprintf(own_batch, sizeof own_batch, "batch=%lld", (long long)(p->job.batch / ranks));
    snprintf(own_run, sizeof own_run, "run=%s/run", p->folder);
    char *own[] = {own_workers, own_batch, own_run};
    memcpy(p->words + p->word_count, own, sizeof own);
    return job_load(&p->share, p->words[0], p->word_count + 2, p->words + 1);
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

// Errors may leave files behind, in the folder for temporary files.
static void remove_folder(const planning *p)
{
    if (p->folder[0] == '\0') return;
    (void)nftw(p->folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static status measure(planning *p, const world *w)
{
    training t;
    kernels_set_threads((int)p->share.threads);
    status s = training_open(&t, w, &p->share);
    if (s == ST_OK) s = training_measure(&t, (int)p->options.steps, &p->measured.step_seconds);
    if (s == ST_OK) s = training_rehearse_evaluation(&t);
    p->measured.memory_bytes = peak_memory();
    if (s == ST_OK) {
        order whole = t.order;
        whole.batch = (uint64_t)p->job.batch;
        p->measured.leaf_bytes = (double)training_leaf_floats(&t) * sizeof(float);
        p->measured.checkpoint_bytes = (double)saver_bytes(t.saver);
        p->measured.steps_total =
            (double)schedule_steps(&p->job.schedule, order_steps_per_epoch(&whole));
    }
    training_close(&t);
    return s;
}

static void print_plan(const planning *p)
{
    const plan_options *o = &p->options;
    const plan_measured *m = &p->measured;
    plan_cost c = plan_estimate(m, (int)o->nodes, (int)o->ranks_per_node, 1e9 * o->network);
    char remarks[1536];
    snprintf(
        remarks, sizeof remarks,
        "# Written by basin plan; measured with one rank on this machine, %lld steps; times "
        "without evaluations.\n"
        "#   ranks            %lld on %lld nodes, each %lld of %lld workers, batch %lld of %lld\n"
        "#   memory           %.2f GB a rank, %.2f GB a node, with evaluations but not the linear "
        "probe\n"
        "#   step             %.3f s: %.3f s of work, %.4f s for the sum of %.1f MB over ranks "
        "(%.1f %%, by a model)\n"
        "#   whole schedule   %.0f steps, %.1f h\n"
        "#   checkpoint       %.1f MB each, %lld kept: %.2f GB\n"
        "# Ranks that share a node also share its memory's speed: expect more there.\n",
        (long long)o->steps, (long long)ranks_of(o), (long long)o->nodes,
        (long long)p->share.workers, (long long)p->job.workers, (long long)p->share.batch,
        (long long)p->job.batch, 1e-9 * m->memory_bytes,
        1e-9 * m->memory_bytes * (double)o->ranks_per_node, c.step_seconds, m->step_seconds,
        c.sum_seconds, 1e-6 * m->leaf_bytes, 100 * c.share, m->steps_total, c.run_seconds / 3600,
        1e-6 * m->checkpoint_bytes, (long long)p->job.checkpoint.keep,
        1e-9 * m->checkpoint_bytes * (double)p->job.checkpoint.keep);
    const batch_script script = {.nodes = (int)o->nodes,
                                 .ranks_per_node = (int)o->ranks_per_node,
                                 .threads = (int)p->job.threads,
                                 .run_seconds = c.run_seconds,
                                 .words = (const char *const *)p->words,
                                 .word_count = p->word_count,
                                 .remarks = remarks};
    batch_script_write(&script, stdout);
}

static status run(const world *w, int argc, char **argv)
{
    planning p = {0};
    status s = agree(w, read_words(&p, w, argc, argv));
    if (s == ST_OK) s = agree(w, load_share(&p));
    if (s == ST_OK) s = measure(&p, w);
    if (s == ST_OK) print_plan(&p);
    remove_folder(&p);
    job_destroy(&p.share);
    job_destroy(&p.job);
    free(p.words);
    return s;
}

const command_type command_plan = {
    .name = "plan",
    .usage = "JOB.yaml [key=value ...] --nodes N [--ranks-per-node R] [--network GB/s] [--steps S]",
    .help = "what a job will need on N nodes, and a file for sbatch",
    .more = "Does one rank's share of a few steps; the sum over ranks comes from a model.\n"
            "basin plan JOB.yaml --nodes 4 --ranks-per-node 8 >job.sbatch && sbatch job.sbatch\n",
    .run = run,
};
