// trainer/commands/train.c -- basin train JOB.yaml [key=value ...] [--max-time T] [--trace]
#include "base/log.h"
#include "comm/agree.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/options.h"
#include "trainer/training.h"

#include <stdlib.h>
#include <string.h>

typedef struct train_options {
    char max_time[CONFIG_TEXT_SIZE];
    bool trace;
} train_options;

static const config_field options[] = {{"max_time", FIELD_TEXT, offsetof(train_options, max_time),
                                        "", 0, 0, NULL,
                                        "11:50:00 or seconds: the job's key max_time"},
                                       {"trace", FIELD_BOOL, offsetof(train_options, trace),
                                        "false", 0, 0, NULL, "the job's key trace=true"},
                                       {0}};

static status check_words(const char *const *words, int count)
{
    CHECK(count >= 1, ST_USAGE,
          "train: a job file is needed: basin train JOB.yaml [key=value ...]");
    for (int i = 1; i < count; i++)
        CHECK(strchr(words[i], '=') != NULL, ST_USAGE,
              "train: '%s' is not an override; write key=value, as in batch=128", words[i]);
    return ST_OK;
}

// words: room for argc + 2.
static status load_words(job *j, int argc, char **argv, const char **words)
{
    int count;
    train_options chosen = {0};
    char max_time[CONFIG_TEXT_SIZE + sizeof "max_time="];
    TRY(options_read("train", argc, argv, options, &chosen, words, &count));
    TRY(check_words(words, count));
    if (chosen.max_time[0] != '\0') {
        snprintf(max_time, sizeof max_time, "max_time=%s", chosen.max_time);
        words[count++] = max_time;
    }
    char trace[] = "trace=true";
    if (chosen.trace) words[count++] = trace;
    return job_load(j, words[0], count - 1, (char *const *)(words + 1));
}

static status load(job *j, int argc, char **argv)
{
    const char **words = calloc((size_t)argc + 2, sizeof *words);
    CHECK(words != NULL, ST_INTERNAL, "no memory for %d words", argc);
    status s = load_words(j, argc, argv, words);
    free(words);
    return s;
}

static status run(const world *w, int argc, char **argv)
{
    stop_listen();
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
    .usage = "JOB.yaml [key=value ...] [--max-time T] [--trace]",
    .help = "train a job; a run folder that has checkpoints is resumed",
    .more =
        "key=value replaces a key of the job by its path: batch=128 data.train='shards/*.h5'\n"
        "--max-time 11:50:00 stops before that time is over, with a checkpoint and exit code 75.\n"
        "So do SIGUSR1, SIGUSR2, SIGTERM, Ctrl-C (twice: at once) and a file RUN/STOP.\n"
        "--trace writes RUN/trace.json, what all ranks did when, for ui.perfetto.dev.\n"
        "basin train --help NAME shows the keys of a method, net or optimizer.\n",
    .run = run,
    .help_topic = help_topic,
};
