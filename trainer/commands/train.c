// trainer/commands/train.c -- basin train JOB.yaml [key=value ...]
#include "base/log.h"
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/training.h"

#include <string.h>

static status check_words(int argc, char **argv)
{
    CHECK(argc >= 1, ST_USAGE, "train: a job file is needed: basin train JOB.yaml [key=value ...]");
    for (int i = 1; i < argc; i++)
        CHECK(strchr(argv[i], '=') != NULL, ST_USAGE,
              "train: '%s' is not an override; write key=value, as in batch=128", argv[i]);
    return ST_OK;
}

static status load(job *j, int argc, char **argv)
{
    TRY(check_words(argc, argv));
    return job_load(j, argv[0], argc - 1, argv + 1);
}

static status run(const world *w, int argc, char **argv)
{
    job j = {0};
    status s = agree(w, load(&j, argc, argv));
    if (s == ST_OK) s = agree_same(w, job_hash(&j), "job");
    if (s == ST_OK) {
        kernels_set_threads((int)j.threads);
        training t;
        s = training_open(&t, w, &j);
        if (s == ST_OK) s = training_loop(&t);
        training_close(&t);
    }
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
    .usage = "JOB.yaml [key=value ...]",
    .help = "train a job; a run folder that has checkpoints is resumed",
    .more = "key=value replaces a key of the job by its path: batch=128 data.train='shards/*.h5'\n"
            "basin train --help NAME shows the keys of a method, net or optimizer.\n",
    .run = run,
    .help_topic = help_topic,
};
