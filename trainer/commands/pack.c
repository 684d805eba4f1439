// trainer/commands/pack.c -- basin pack SRC... DST: foreign image files to shards.
//
// Folders of images are packed by all ranks, round by round; everything else by rank 0.
#include "io/packing/image_pack.h"

#include "base/log.h"
#include "comm/agree.h"
#include "comm/exchange.h"
#include "trainer/command.h"
#include "trainer/job/options.h"

#include <stdlib.h>
#include <string.h>

typedef struct pack_options {
    int64_t shard_size;
    bool force;
    int64_t test_every;
    char decode[CONFIG_TEXT_SIZE], pixels[CONFIG_TEXT_SIZE];
    char bad[CONFIG_TEXT_SIZE], raw[CONFIG_TEXT_SIZE], labels[CONFIG_TEXT_SIZE];
    char images[CONFIG_TEXT_SIZE], axes[CONFIG_TEXT_SIZE];
    int nan; // nan_rule
} pack_options;

static const config_field fields[] = {
    {"shard_size", FIELD_INT, offsetof(pack_options, shard_size), "10000", 1, 1e12, NULL,
     "most samples of one file"},
    {"force", FIELD_BOOL, offsetof(pack_options, force), "false", 0, 0, NULL,
     "replace shards that exist"},
    {"decode", FIELD_TEXT, offsetof(pack_options, decode), "", 0, 0, NULL,
     "images: side to store them decoded with, or same"},
    {"pixels", FIELD_TEXT, offsetof(pack_options, pixels), "rgb", 0, 0, "rgb|u8|u16|f32",
     "images: what to store them as"},
    {"test_every", FIELD_INT, offsetof(pack_options, test_every), "10", 0, 1e9, NULL,
     "images: every so-many-th is for testing"},
    {"bad", FIELD_TEXT, offsetof(pack_options, bad), "stop", 0, 0, "stop|skip",
     "images: what to do about broken ones"},
    {"raw", FIELD_TEXT, offsetof(pack_options, raw), "", 0, 0, NULL,
     "layout of files of bare numbers"},
    {"labels", FIELD_TEXT, offsetof(pack_options, labels), "", 0, 0, NULL,
     "images: pattern of the class, or none"},
    {"images", FIELD_TEXT, offsetof(pack_options, images), "", 0, 0, NULL,
     "HDF5: path of the images"},
    {"axes", FIELD_TEXT, offsetof(pack_options, axes), "", 0, 0, NULL, "HDF5: order of their axes"},
    {"nan", FIELD_CHOICE, offsetof(pack_options, nan), "refuse", 0, 0, NAN_RULES,
     "HDF5: what becomes of NaN"},
    {0}};

static void describe_samples(const sample_shape *shape, char text[64])
{
    if (shape->height > 0)
        snprintf(text, 64, "samples of %d x %d x %d", shape->height, shape->width, shape->channels);
    else
        snprintf(text, 64, "images as they are");
}

#define LARGEST_SIDE 4096 // of a square

static void report_notes(const pack_notes *n)
{
    if (n->turned > 0)
        log_info("%llu images are turned upright, as EXIF says how the camera was held",
                 (unsigned long long)n->turned);
    if (n->inks > 0)
        log_warn("%llu images of inks (CMYK) are taken as RGB, without a colour profile",
                 (unsigned long long)n->inks);
    if (n->cut > 0)
        log_warn("%llu images hold 16 bits, of which the upper 8 are used: --pixels u16 keeps all",
                 (unsigned long long)n->cut);
}

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
        log_warn("%llu broken or missing images were left out",
                 (unsigned long long)result->skipped);
    if (result->kept_shards > 0)
        log_info("%llu of the shards were there already", (unsigned long long)result->kept_shards);
    report_notes(&result->notes);
    char labels[40] = "no labels", stored[64];
    describe_samples(&result->splits[0].shape, stored);
    if (classes > 0) snprintf(labels, sizeof labels, "%lld classes", (long long)classes);
    log_info("packed %llu %s, %s, into %d file%s (%.1f MB): %s%s", (unsigned long long)samples,
             stored, labels, files, files == 1 ? "" : "s", (double)bytes * 1e-6, job->destination,
             result->splits[0].name[0] != '\0' ? "/*.h5" : "-*.h5");
}

static status pack_alone(const pack_job *job)
{
    pack_result result;
    TRY(pack(job, &result));
    report(job, &result);
    return ST_OK;
}

// Warns line by line.
static void warn_lines(const char *lines)
{
    for (const char *end; (end = strchr(lines, '\n')) != NULL; lines = end + 1)
        log_warn("%.*s (left out)", (int)(end - lines), lines);
}

// Collective. Rank 0 names the images that any rank has left out in this round.
//   lengths  (ranks) room for the length of each one's text
static status tell_left_out(const world *w, const image_pack *p, size_t *lengths)
{
    const char *mine = image_pack_left_out(p);
    size_t length = strlen(mine), total = 0;
    exchange_gather(w, &length, sizeof length, lengths);
    for (int rank = 0; rank < w->size; rank++)
        total += lengths[rank];
    if (total == 0) return ST_OK;
    char *all = calloc(total + 1, 1);
    status s = agree(w, all != NULL ? ST_OK : failure(ST_INTERNAL, "no memory to pack"));
    if (s == ST_OK && all != NULL) {
        exchange_gather_sizes(w, mine, lengths, all);
        warn_lines(all);
    }
    free(all);
    return s;
}

// Collective. What all ranks have made.
static void sum_results(const world *w, pack_result *result)
{
    exchange_sum(w, &result->skipped, 1);
    exchange_sum(w, &result->kept_shards, 1);
    exchange_sum(w, &result->notes.turned, 1);
    exchange_sum(w, &result->notes.inks, 1);
    for (int i = 0; i < result->split_count; i++) {
        shard_series_result *made = &result->splits[i].made;
        uint64_t values[] = {made->samples, made->bytes, (uint64_t)made->files};
        exchange_sum(w, values, 3);
        made->samples = values[0];
        made->bytes = values[1];
        made->files = (int)values[2];
    }
}

// Collective.
static status pack_rounds(const world *w, image_pack *p)
{
    size_t *lengths = calloc((size_t)w->size, sizeof *lengths);
    status s = agree(w, lengths != NULL ? ST_OK : failure(ST_INTERNAL, "no memory to pack"));
    ASSERT(s != ST_OK || lengths != NULL);
    if (s == ST_OK) s = agree_same(w, image_pack_hash(p), "list of images");
    for (int round = 0; s == ST_OK && round < image_pack_rounds(p); round++) {
        s = agree(w, image_pack_round(p, round));
        if (s == ST_OK) s = tell_left_out(w, p, lengths);
    }
    free(lengths);
    return s;
}

// Collective.
static status pack_images(const world *w, const pack_job *job)
{
    image_pack *p = NULL;
    status s = agree(w, image_pack_open(&p, job));
    if (s == ST_OK) s = pack_rounds(w, p);
    if (s == ST_OK) {
        pack_result result;
        image_pack_result(p, &result);
        sum_results(w, &result);
        if (w->rank == 0) {
            image_pack_finish(p);
            if (image_pack_ignored(p)[0] != '\0') log_warn("ignored: %s", image_pack_ignored(p));
            report(job, &result);
        }
    }
    image_pack_close(p);
    return s;
}

// The side of squares, or the sizes that the images have.
static status read_side(const pack_options *o, pack_job *job)
{
    char *end;
    bool same = strcmp(o->decode, "same") == 0;
    long side = strtol(o->decode, &end, 10);
    CHECK(o->decode[0] == '\0' || same || (*end == '\0' && side >= 0 && side <= LARGEST_SIDE),
          ST_USAGE, "pack: --decode \"%s\": a side of 1 to %d pixels is expected, or same",
          o->decode, LARGEST_SIDE);
    job->side = same ? PACK_SAME : (int)side;
    if (job->side == 0 && job->pixels != PACK_RGB) job->side = PACK_SAME;
    return ST_OK;
}

static pack_pixels read_pixels(const char *name)
{
    static const char *const names[] = {
        [PACK_RGB] = "rgb", [PACK_U8] = "u8", [PACK_U16] = "u16", [PACK_F32] = "f32"};
    pack_pixels pixels = PACK_RGB;
    while (strcmp(names[pixels], name) != 0)
        pixels++;
    return pixels;
}

// What the command line asks for; the job points into the rest.
typedef struct pack_command {
    pack_options options;
    pack_job job;
} pack_command;

static const char *given(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static status read_job(int argc, char **argv, const world *w, pack_command *c)
{
    TRY(options_read("pack", &argc, argv, fields, &c->options));
    CHECK(argc >= 2, ST_USAGE,
          "pack: a source and a destination are needed: basin pack SRC... DST");
    const pack_options *o = &c->options;
    c->job = (pack_job){.sources = (const char *const *)argv,
                        .source_count = argc - 1,
                        .destination = argv[argc - 1],
                        .raw = given(o->raw),
                        .images = given(o->images),
                        .column = given(o->labels),
                        .axes = given(o->axes),
                        .nan = (nan_rule)o->nan,
                        .shard_size = (uint64_t)o->shard_size,
                        .replace = o->force,
                        .pixels = read_pixels(o->pixels),
                        .test_every = (int)o->test_every,
                        .labels = given(o->labels),
                        .skip_bad = strcmp(o->bad, "skip") == 0,
                        .rank = w->rank,
                        .rank_count = w->size};
    return read_side(o, &c->job);
}

static status prepare(int argc, char **argv, const world *w, pack_command *c, bool *images)
{
    TRY(read_job(argc, argv, w, c));
    TRY(pack_finds_images(&c->job, images));
    const pack_job *job = &c->job;
    CHECK(*images || (job->side == 0 && !job->skip_bad), ST_USAGE,
          "pack: --decode, --pixels and --bad skip are for folders of images, which \"%s\" is not",
          job->sources[0]);
    CHECK(!*images || (job->images == NULL && job->axes == NULL && job->nan == NAN_REFUSE),
          ST_USAGE,
          "pack: --images, --axes and --nan are for HDF5 files, \"%s\" is a folder of images",
          job->sources[0]);
    return ST_OK;
}

static status run(const world *w, int argc, char **argv)
{
    pack_command c = {0};
    bool images = false;
    status s = agree(w, prepare(argc, argv, w, &c, &images));
    if (s == ST_OK) s = agree_same(w, images, "kind of source");
    if (s == ST_OK && images)
        s = pack_images(w, &c.job);
    else if (s == ST_OK)
        s = agree_done(w, w->rank == 0 ? pack_alone(&c.job) : ST_OK);
    return s;
}

const command_type command_pack = {
    .name = "pack",
    .usage = "SRC... DST [--shard-size N] [--force] [--decode S|same] [--pixels rgb|u8|u16|f32]\n"
             "                  [--test-every K] [--labels PATTERN|none] [--bad skip|stop] [--raw "
             "TYPE:HxWxC]\n"
             "                  [--images PATH] [--labels PATH] [--axes NCHW] [--nan zero|mean]",
    .help = "turn image files (MNIST's idx, CIFAR's binary, JPEG, PNG, TIFF, HDF5, raw) into "
            "shards",
    .more =
        "SRC a folder   writes DST/train-00000.h5 ... and DST/test-00000.h5 ...\n"
        "SRC files      writes DST-00000.h5 ..., the files' samples one after the other; of TIFF\n"
        "               files each image of a stack is a sample, of its own type and channels\n"
        "SRC HDF5 files the images at --images PATH (/images), with the labels at --labels PATH\n"
        "               (/labels, if there are any), in the order --axes (as data.axes of a job);\n"
        "               --nan zero or mean puts a number in the place of NaN\n"
        "--shard-size   most samples of one shard, 10000\n"
        "--force        replace shards that exist\n"
        "--raw          the files are bare numbers, as in --raw f32be:512x512x1: samples of 512\n"
        "               rows, 512 columns, 1 channel; type u8, u16le, u16be, f32le or f32be;\n"
        "               no labels\n"
        "\n"
        "SRC a folder of JPEG, PNG and TIFF files: they are kept as they are, of any size.\n"
        "               With mpirun the ranks share the shards. Whole shards of the same files,\n"
        "               byte for byte, are kept, so a pack that was killed is continued\n"
        "  SRC/cat/1.jpg          labels count the sub-folders in the order of their names\n"
        "  SRC/1.jpg              no labels\n"
        "  SRC/train/... SRC/val/... SRC/test/...   its own splits, each as above; also valid\n"
        "--labels       take images of all depths, and the class from what the group of this\n"
        "               expression finds in their path: '([^/]+)_[0-9]+' has beagle for\n"
        "               dogs/beagle_17.jpg; none: no labels\n"
        "--decode S     store the largest square in the middle, S x S pixels; same: all of it, if\n"
        "               all images are of one size\n"
        "--pixels       store colours of 8 bits, rgb, or the images' own channels: u8, u16 (of\n"
        "               16-bit PNG and TIFF) or f32 (any TIFF); rgb. Without --decode: same\n"
        "--test-every K without splits of its own: of each class every K-th by name is for\n"
        "               testing, 10; 0 none\n"
        "--bad          stop at a broken image or a link to nothing, or skip it and say so; stop\n",
    .run = run,
};
