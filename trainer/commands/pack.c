// trainer/commands/pack.c -- basin pack SRC... DST: foreign image files to shards.
#include "io/pack.h"

#include "base/log.h"
#include "comm/agree.h"
#include "trainer/command.h"
#include "trainer/options.h"

#include <stdlib.h>

typedef struct pack_options {
    int64_t shard_size;
    bool force;
} pack_options;

static const config_field fields[] = {{"shard_size", FIELD_INT, offsetof(pack_options, shard_size),
                                       "10000", 1, 1e12, NULL, "most samples of one file"},
                                      {"force", FIELD_BOOL, offsetof(pack_options, force), "false",
                                       0, 0, NULL, "replace shards that exist"},
                                      {0}};

static void report(const pack_job *job, const pack_result *result)
{
    uint64_t samples = 0, bytes = 0;
    int64_t classes = 0;
    int files = 0;
    for (int i = 0; i < result->split_count; i++) {
        const shard_series_result *made = &result->splits[i].made;
        samples += made->samples;
        bytes += made->bytes;
        files += made->files;
        classes = made->classes > classes ? made->classes : classes;
        if (result->split_count > 1)
            log_info("%s: %llu samples", result->splits[i].name, (unsigned long long)made->samples);
    }
    const sample_shape *shape = &result->splits[0].shape;
    char labels[40] = "no labels";
    if (shape->labelled) snprintf(labels, sizeof labels, "%lld classes", (long long)classes);
    log_info("packed %llu samples of %d x %d x %d, %s, into %d file%s (%.1f MB): %s%s",
             (unsigned long long)samples, shape->height, shape->width, shape->channels, labels,
             files, files == 1 ? "" : "s", (double)bytes * 1e-6, job->destination,
             result->splits[0].name[0] != '\0' ? "/*.h5" : "-*.h5");
}

static status pack_words(int argc, char **argv, const char **words)
{
    pack_options options = {0};
    pack_result result;
    int count;
    TRY(options_read("pack", argc, argv, fields, &options, words, &count));
    CHECK(count >= 2, ST_USAGE,
          "pack: a source and a destination are needed: basin pack SRC... DST");
    pack_job job = {.sources = words,
                    .source_count = count - 1,
                    .destination = words[count - 1],
                    .shard_size = (uint64_t)options.shard_size,
                    .replace = options.force};
    TRY(pack(&job, &result));
    report(&job, &result);
    return ST_OK;
}

static status pack_alone(int argc, char **argv)
{
    const char **words = calloc((size_t)argc + 1, sizeof *words);
    CHECK(words != NULL, ST_INTERNAL, "pack: no memory for the command line");
    status s = pack_words(argc, argv, words);
    free(words);
    return s;
}

static status run(const world *w, int argc, char **argv)
{
    return agree(w, w->rank == 0 ? pack_alone(argc, argv) : ST_OK);
}

const command_type command_pack = {
    .name = "pack",
    .usage = "SRC... DST [--shard-size N] [--force]",
    .help = "turn image files (MNIST's idx, CIFAR-10's binary) into shards",
    .more = "SRC a folder   writes DST/train-00000.h5 ... and DST/test-00000.h5 ...\n"
            "SRC files      writes DST-00000.h5 ..., the files' samples one after the other\n"
            "--shard-size   most samples of one shard, 10000\n"
            "--force        replace shards that exist\n",
    .run = run,
};
