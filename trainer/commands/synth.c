// trainer/commands/synth.c -- basin synth KIND DST: synthetic images as shards.
#include "io/packing/synth.h"

#include "base/config.h"
#include "base/log.h"
#include "comm/agree.h"
#include "trainer/command.h"
#include "trainer/job/options.h"

typedef struct synth_options {
    int64_t train, test, size, seed;
    bool force;
} synth_options;

#define FIELD(member) offsetof(synth_options, member)

static const config_field fields[] = {
    {"train", FIELD_INT, FIELD(train), "4000", 0, 1e12, NULL, "training images"},
    {"test", FIELD_INT, FIELD(test), "1000", 0, 1e12, NULL, "test images"},
    {"size", FIELD_INT, FIELD(size), "0", 0, 4096, NULL,
     "height and width, pixels; 0 = usual for the kind"},
    {"seed", FIELD_INT, FIELD(seed), "1", 0, 1e15, NULL, "another seed, other images"},
    {"force", FIELD_BOOL, FIELD(force), "false", 0, 0, NULL, "replace shards that exist"},
    {0}};

static status find_kind(const char *name, const synth_type **kind)
{
    const char *names[32] = {0};
    for (int i = 0; synth_table[i] != NULL && i < 31; i++)
        names[i] = synth_table[i]->name;
    *kind = synth_find(name);
    if (*kind != NULL) return ST_OK;
    const char *near = config_nearest(name, names);
    return failure(ST_USAGE, "synth: there is no kind '%s'; did you mean '%s'?", name,
                   near != NULL ? near : names[0]);
}

static status synth_alone(int argc, char **argv)
{
    synth_options options = {0};
    synth_job job = {0};
    shard_series_result made[2];
    TRY(options_read("synth", &argc, argv, fields, &options));
    CHECK(argc == 2, ST_USAGE, "synth: expected KIND and DST, got %d word%s: basin synth KIND DST",
          argc, argc == 1 ? "" : "s");
    TRY(find_kind(argv[0], &job.kind));
    job.folder = argv[1];
    job.seed = (uint64_t)options.seed;
    job.train = (uint64_t)options.train, job.test = (uint64_t)options.test;
    job.size = (int)options.size;
    job.replace = options.force;
    TRY(synth_write(&job, made));
    char classes[32] = "without labels";
    if (job.kind->classes > 0) snprintf(classes, sizeof classes, "%d classes", job.kind->classes);
    log_info("made %llu train and %llu test images of %d x %d x %d, %s, in %d files "
             "(%.1f MB): %s/*.h5",
             (unsigned long long)made[0].samples, (unsigned long long)made[1].samples,
             synth_size(&job), synth_size(&job), job.kind->channels, classes,
             made[0].files + made[1].files, (double)(made[0].bytes + made[1].bytes) * 1e-6,
             job.folder);
    return ST_OK;
}

static status run(const world *w, int argc, char **argv)
{
    return agree_done(w, w->rank == 0 ? synth_alone(argc, argv) : ST_OK);
}

static status help_topic(FILE *out, const char *topic)
{
    const synth_type *only = NULL;
    if (topic[0] != '\0') TRY(find_kind(topic, &only));
    if (only == NULL) fprintf(out, "\n");
    for (int i = 0; synth_table[i] != NULL; i++) {
        const synth_type *kind = synth_table[i];
        if (only == NULL || only == kind) fprintf(out, "  %-8s %s\n", kind->name, kind->help);
    }
    return ST_OK;
}

const command_type command_synth = {
    .name = "synth",
    .usage = "KIND DST [--train N] [--test N] [--size S] [--seed N] [--force]",
    .help = "make synthetic images as shards",
    .more =
        "Writes DST/train-00000.h5 ... and DST/test-00000.h5 ...; the same words give the same\n"
        "files.\n"
        "--train   training images, 4000\n"
        "--test    test images, 1000\n"
        "--size    height and width in pixels, if the kind has several\n"
        "--seed    another seed, other images, 1\n"
        "--force   replace shards that exist\n",
    .run = run,
    .help_topic = help_topic,
};
