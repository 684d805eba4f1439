// trainer/commands/train.c -- basin train JOB.yaml [key=value ...] [--max-time T] [--trace]
// [--wait]
#include "base/log.h"
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/job/continued_job.h"
#include "trainer/job/options.h"
#include "trainer/loop/training.h"
#include "trainer/run/run_owner.h"

typedef struct train_options {
    char max_time[CONFIG_TEXT_SIZE];
    bool trace, wait;
} train_options;

static const config_field options[] = {
    {"max_time", FIELD_TEXT, offsetof(train_options, max_time), "", 0, 0, NULL,
     "11:50:00 or seconds: the job's key max_time"},
    {"trace", FIELD_BOOL, offsetof(train_options, trace), "false", 0, 0, NULL,
     "the job's key trace=true"},
    {"wait", FIELD_BOOL, offsetof(train_options, wait), "false", 0, 0, NULL,
     "wait while another training owns the run folder"},
    {0}};

// An option becomes an override in a place that it has left free.
static status load(job *j, bool *waits, int argc, char **argv)
{
    train_options chosen = {0};
    char max_time[CONFIG_TEXT_SIZE + sizeof "max_time="], trace[] = "trace=true";
    TRY(options_read("train", &argc, argv, options, &chosen));
    *waits = chosen.wait;
    CHECK(argc >= 1, ST_USAGE, "train: a job file is needed: basin train JOB.yaml [key=value ...]");
    TRY(options_check_overrides("train", argc - 1, argv + 1));
    snprintf(max_time, sizeof max_time, "max_time=%s", chosen.max_time);
    if (chosen.max_time[0] != '\0') argv[argc++] = max_time;
    if (chosen.trace) argv[argc++] = trace;
    return continued_job_load(j, argv[0], argc - 1, argv + 1);
}

// Collective. As long as nobody else trains in the job's folder.
static status train_alone(const world *w, const job *j, bool waits)
{
    run_owner owner;
    training t;
    double beat = j->watch.stall > 0 ? watchdog_interval(j->watch.stall) : 0;
    status s = run_owner_take(&owner, w, j->run, beat, waits);
    if (s == ST_OK) {
        kernels_set_threads((int)j->threads);
        s = training_open(&t, w, j);
        if (s == ST_OK) s = training_loop(&t);
        training_close(&t);
    }
    run_owner_release(&owner);
    return s;
}

static status run(const world *w, int argc, char **argv)
{
    job j = {0};
    bool waits = false;
    status s = agree(w, load(&j, &waits, argc, argv));
    if (s == ST_OK) s = agree_same(w, job_hash(&j), "job");
    if (s == ST_OK) s = train_alone(w, &j, waits);
    job_destroy(&j);
    return s;
}

static status help_topic(FILE *out, const char *topic)
{
    CHECK(job_help(out, topic), ST_USAGE,
          "train --help: no method, net or optimizer is called '%s'; basin train --help lists them",
          topic);
    return ST_OK;
}

const command_type command_train = {
    .name = "train",
    .usage = "JOB.yaml [key=value ...] [--max-time T] [--trace] [--wait]",
    .help = "train a job; a run folder that has checkpoints is resumed",
    .more =
        "key=value replaces a key of the job by its path: batch=128 data.train='shards/*.h5'\n"
        "--max-time 11:50:00 stops before that time is over, with a checkpoint and exit code 75.\n"
        "So do SIGUSR1, SIGUSR2, SIGTERM, SIGHUP, Ctrl-C (twice: at once) and a file RUN/STOP.\n"
        "--wait waits while another training owns the run folder; else a second one is refused.\n"
        "--trace writes RUN/trace.json, what all ranks did when, for ui.perfetto.dev.\n"
        "basin train --help NAME shows the keys of a method, net or optimizer.\n",
    .run = run,
    .help_topic = help_topic,
};
