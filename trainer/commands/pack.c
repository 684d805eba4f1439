// trainer/commands/pack.c -- basin pack SRC... DST: foreign image files to shards.
#include "io/pack.h"

#include "base/log.h"
#include "comm/agree.h"
#include "trainer/command.h"
#include "trainer/options.h"

#include <stdlib.h>
#include <string.h>

typedef struct pack_options {
    int64_t shard_size;
    bool force;
    int64_t decode, test_every;
    char bad[CONFIG_TEXT_SIZE], raw[CONFIG_TEXT_SIZE];
} pack_options;

static const config_field fields[] = {{"shard_size", FIELD_INT, offsetof(pack_options, shard_size),
                                       "10000", 1, 1e12, NULL, "most samples of one file"},
                                      {"force", FIELD_BOOL, offsetof(pack_options, force), "false",
                                       0, 0, NULL, "replace shards that exist"},
                                      {"decode", FIELD_INT, offsetof(pack_options, decode), "0", 0,
                                       4096, NULL, "images: side to store them with, pixels"},
                                      {"test_every", FIELD_INT, offsetof(pack_options, test_every),
                                       "10", 0, 1e9, NULL,
                                       "images: every so-many-th is for testing"},
                                      {"bad", FIELD_TEXT, offsetof(pack_options, bad), "stop", 0, 0,
                                       "stop|skip", "images: what to do about broken ones"},
                                      {"raw", FIELD_TEXT, offsetof(pack_options, raw), "", 0, 0,
                                       NULL, "layout of files of bare numbers"},
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
    if (result->skipped > 0)
        log_warn("%llu broken images were left out", (unsigned long long)result->skipped);
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
                    .raw = options.raw[0] != '\0' ? options.raw : NULL,
                    .shard_size = (uint64_t)options.shard_size,
                    .replace = options.force,
                    .side = (int)options.decode,
                    .test_every = (int)options.test_every,
                    .skip_bad = strcmp(options.bad, "skip") == 0};
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
    .usage =
        "SRC... DST [--shard-size N] [--force] [--decode S] [--test-every K] [--bad skip|stop]\n"
        "                  [--raw TYPE:HxWxC]",
    .help = "turn image files (MNIST's idx, CIFAR-10's binary, JPEG and PNG, raw) into shards",
    .more =
        "SRC a folder   writes DST/train-00000.h5 ... and DST/test-00000.h5 ...\n"
        "SRC files      writes DST-00000.h5 ..., the files' samples one after the other\n"
        "--shard-size   most samples of one shard, 10000\n"
        "SRC a folder of folders, one for each class, of .jpg, .jpeg and .png files:\n"
        "               as a folder; labels count the sub-folders in the order of their names\n"
        "--force        replace shards that exist\n"
        "--decode S     such images: store the largest square in the middle, S x S pixels\n"
        "--test-every K such images: of each class every K-th by name is for testing, 10; 0 none\n"
        "--bad          such images: stop at a broken one, or skip it and say so; stop\n"
        "--raw          the files are bare numbers, as in --raw f32be:512x512x1: samples of 512 "
        "rows,\n"
        "               512 columns, 1 channel; type u8, u16le, u16be, f32le or f32be; no labels\n",
    .run = run,
};
