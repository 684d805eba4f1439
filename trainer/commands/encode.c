// trainer/commands/encode.c -- basin encode RUN DATA OUT.h5: the codes of all views of DATA under a
// run's newest checkpoint, sparse (io/shards/code_writer.h) or as images for a next layer (--dense,
// a shard).
#include "base/printable.h"
#include "comm/agree.h"
#include "io/files/named_output.h"
#include "io/shards/code_writer.h"
#include "io/shards/shard_writer.h"
#include "io/views/recipes.h"
#include "models/kernels/threads.h"
#include "trainer/command.h"
#include "trainer/job/options.h"
#include "trainer/codes/code_collect.h"
#include "trainer/codes/dense_codes.h"
#include "trainer/evaluation/trained_run.h"

#include <stdlib.h>

typedef struct encode_options {
    bool dense, encoder, frames, force;
    dense_choice choice;
} encode_options;

#define FIELD(member) offsetof(encode_options, member)

static const config_field fields[] = {
    {"dense", FIELD_BOOL, FIELD(dense), "false", 0, 0, NULL, "images of codes"},
    {"rectify", FIELD_BOOL, FIELD(choice.rectify), "false", 0, 0, NULL, "their absolute values"},
    {"normalise", FIELD_BOOL, FIELD(choice.normalise), "false", 0, 0, NULL, "local contrast"},
    {"pool", FIELD_INT, FIELD(choice.pool), "1", 1, 4096, NULL, "side of the squares to average"},
    {"encoder", FIELD_BOOL, FIELD(encoder), "false", 0, 0, NULL, "without inference"},
    {"frames", FIELD_BOOL, FIELD(frames), "false", 0, 0, NULL, "samples follow each other"},
    {"force", FIELD_BOOL, FIELD(force), "false", 0, 0, NULL, "replace OUT.h5"},
    {0}};

typedef struct encoding {
    const world *world;
    encode_options options;
    const char *folder, *files, *out;
    trained_run run;
    code_stream stream;
    code_writer *sparse;
    dense_codes dense;
    shard_writer *shard;
    int64_t *labels; // of the stored images; NULL: none
    uint64_t taken;  // views that have been written
} encoding;

static status check_options(const encode_options *o)
{
    bool shaped = o->choice.rectify || o->choice.normalise || o->choice.pool > 1;
    CHECK(o->dense || !shaped, ST_USAGE,
          "encode: --rectify, --normalise and --pool are for --dense; add it");
    return ST_OK;
}

static status read_words(encoding *e, int argc, char **argv)
{
    TRY(options_read("encode", &argc, argv, fields, &e->options));
    TRY(check_options(&e->options));
    CHECK(argc >= 3, ST_USAGE, "encode: expected RUN DATA OUT.h5 [key=value ...]");
    TRY(options_check_overrides("encode", argc - 3, argv + 3));
    e->folder = argv[0];
    e->files = argv[1];
    e->out = argv[2];
    return trained_run_open_codes(&e->run, "encode", e->folder, argc - 3, argv + 3);
}

// Rank 0, which writes.
static status check_output(const encoding *e)
{
    const char *inputs[] = {e->files, e->run.checkpoint, e->run.job_file};
    return named_output_check(e->out, &(output_rules){e->options.force, inputs, 3, NULL});
}

static status open_all(encoding *e)
{
    kernels_set_threads((int)e->run.job.threads);
    TRY(trained_run_statistics(&e->run));
    TRY(code_stream_open(&e->stream, &e->run.job, &e->run.training, e->files, 0,
                         e->options.encoder));
    const code_layout *l = &e->stream.trained.model.layout;
    TRY(dense_codes_create(&e->dense, &e->options.choice, l->geometry.atoms, l->height, l->width));
    e->stream.trained.frames = e->options.frames;
    return trained_model_read(&e->stream.trained, e->run.checkpoint);
}

// Of one sample, before all entries of a chunk.
typedef struct code_head {
    uint64_t count; // entries
    code_result result;
} code_head;

static size_t pack_sparse(void *state, sparse_model *m, int rows, void *bytes)
{
    (void)state;
    code_head *heads = bytes;
    code_entry *next = (code_entry *)(heads + CODE_ROWS);
    size_t codes = code_layout_codes(&m->layout);
    for (size_t n = 0; n < (size_t)rows; n++) {
        const code_entry *first = next;
        for (size_t i = 0; i < codes; i++)
            if (m->code_planes[n * codes + i] != 0)
                *next++ = (code_entry){(int32_t)i, m->code_planes[n * codes + i]};
        const inference_result *r = &m->results[n];
        heads[n] =
            (code_head){(uint64_t)(next - first), {(float)r->energy, (float)r->reconstruction}};
    }
    return (size_t)((unsigned char *)next - (unsigned char *)bytes);
}

static status take_sparse(void *state, int rows, const void *bytes)
{
    encoding *e = state;
    const code_head *heads = bytes;
    const code_entry *next = (const code_entry *)(heads + CODE_ROWS);
    for (int n = 0; n < rows; n++) {
        TRY(code_writer_add(e->sparse, next, heads[n].count, &heads[n].result));
        next += heads[n].count;
    }
    return ST_OK;
}

static status checkpoint_number(const char *path, uint64_t *hash)
{
    checkpoint *c = NULL;
    TRY(checkpoint_open(&c, path));
    status s = checkpoint_hash(c, "", hash);
    checkpoint_close(c);
    return s;
}

// Local, on rank 0.
static status open_sparse(encoding *e)
{
    const code_layout *l = &e->stream.trained.model.layout;
    const view_statistics *training = &e->run.training;
    const shape *view = &e->stream.trained.model.setup.view;
    code_origin origin = {.atoms = l->geometry.atoms,
                          .height = l->height,
                          .width = l->width,
                          .kernel = (int32_t)e->stream.trained.config.kernel,
                          .channels = view->c,
                          .view_height = view->h,
                          .view_width = view->w,
                          .margin = l->margin,
                          .recipe = recipe_for_evaluation(e->run.job.data.augment),
                          .dictionary = sparse_model_atoms(&e->stream.trained.model),
                          .mean = training->mean,
                          .deviation = training->deviation,
                          .range = {training->range[0], training->range[1]},
                          .lambda = (double)e->stream.trained.lambda,
                          .border = e->stream.trained.config.border,
                          .lambda_unit = e->stream.trained.choice.lambda_unit,
                          .run = e->folder};
    TRY(checkpoint_number(e->run.checkpoint, &origin.checkpoint_hash));
    return code_writer_open(&e->sparse, e->out, &origin, e->stream.count);
}

static size_t image_floats(const dense_codes *d)
{
    return (size_t)dense_codes_height(d) * (size_t)dense_codes_width(d) * (size_t)d->atoms;
}

static size_t pack_dense(void *state, sparse_model *m, int rows, void *bytes)
{
    encoding *e = state;
    size_t codes = code_layout_codes(&m->layout), floats = image_floats(&e->dense);
    for (size_t n = 0; n < (size_t)rows; n++)
        dense_codes_make(&e->dense, m->code_planes + n * codes, (float *)bytes + n * floats);
    return (size_t)rows * floats * sizeof(float);
}

static status take_dense(void *state, int rows, const void *bytes)
{
    encoding *e = state;
    uint64_t views = loader_samples(1, (uint64_t)e->run.job.data.patches); // of each stored image
    for (int n = 0; n < rows; n++, e->taken++)
        TRY(shard_writer_add(e->shard, (const float *)bytes + (size_t)n * image_floats(&e->dense),
                             e->labels != NULL ? &e->labels[e->taken / views] : NULL));
    return ST_OK;
}

// Local, on rank 0.
static status open_dense(encoding *e)
{
    const dataset_info *info = dataset_get_info(e->stream.data);
    sample_shape images = {.height = dense_codes_height(&e->dense),
                           .width = dense_codes_width(&e->dense),
                           .channels = e->dense.atoms,
                           .type = PIXEL_F32,
                           .labelled = info->labelled};
    if (info->labelled) {
        e->labels = calloc(info->count, sizeof *e->labels);
        CHECK(e->labels != NULL, ST_INTERNAL, "no memory for the labels of %s", e->files);
        TRY(dataset_read_labels(e->stream.data, 0, info->count, e->labels));
    }
    return shard_writer_open(&e->shard, e->out, &images, e->stream.count);
}

static status check_channels(const encoding *e)
{
    CHECK(!e->options.dense || e->dense.atoms <= DATASET_MAX_CHANNELS, ST_CONFIG,
          "encode --dense: a data set has at most %d channels, but these codes are of %d atoms",
          DATASET_MAX_CHANNELS, e->dense.atoms);
    return ST_OK;
}

// Local, on rank 0.
static status close_output(encoding *e)
{
    status s = e->shard != NULL ? shard_writer_close(e->shard) : code_writer_close(e->sparse);
    e->shard = NULL;
    e->sparse = NULL;
    return s;
}

// Collective.
static status encode(encoding *e)
{
    bool dense = e->options.dense, writes = e->world->rank == 0;
    size_t codes = CODE_ROWS * code_layout_codes(&e->stream.trained.model.layout);
    size_t room = dense ? CODE_ROWS * image_floats(&e->dense) * sizeof(float)
                        : CODE_ROWS * sizeof(code_head) + codes * sizeof(code_entry);
    code_sink sink = {e, room, dense ? pack_dense : pack_sparse, dense ? take_dense : take_sparse};
    status s = check_channels(e);
    if (s == ST_OK && writes) s = dense ? open_dense(e) : open_sparse(e);
    TRY(agree(e->world, s));
    TRY(code_collect(&e->stream, e->world, &sink));
    return agree_done(e->world, writes ? close_output(e) : ST_OK);
}

static void destroy(encoding *e)
{
    if (e->shard != NULL) shard_writer_abandon(e->shard);
    code_writer_abandon(e->sparse);
    free(e->labels);
    dense_codes_destroy(&e->dense);
    code_stream_close(&e->stream);
    trained_run_close(&e->run);
}

static status run(const world *w, int argc, char **argv)
{
    encoding e = {.world = w};
    status s = agree(w, read_words(&e, argc, argv));
    if (s == ST_OK) s = trained_run_choose(&e.run, w);
    if (s == ST_OK) s = agree(w, w->rank == 0 ? check_output(&e) : ST_OK);
    if (s == ST_OK) s = agree(w, open_all(&e));
    if (s == ST_OK) s = encode(&e);
    if (s == ST_OK && w->rank == 0)
        printf("%s: codes of %llu samples, %d atoms x %d x %d\n", printable(e.out),
               (unsigned long long)e.stream.count, e.dense.atoms, e.dense.height, e.dense.width);
    destroy(&e);
    return s;
}

const command_type command_encode = {
    .name = "encode",
    .usage = "RUN DATA OUT.h5 [--dense [--rectify] [--normalise] [--pool P]] [--encoder] "
             "[--frames] [--force] [key=value ...]",
    .help = "write the sparse codes of all samples of DATA under a run of method sparse",
    .more =
        "writes row_offsets, index and value: the codes that are not 0, sample after sample\n"
        "--dense      a shard of images (N, h, w, atoms) instead, to train a next layer on\n"
        "--rectify    of absolute values\n"
        "--normalise  local contrast normalised, over all atoms together\n"
        "--pool P     averages over squares of P x P, at last\n"
        "--encoder    what the run's encoder says, without inference\n"
        "--frames     the samples are a film's frames in order: the inference of each starts at\n"
        "             the code of the one before (every 16th anew, so that ranks share the work)\n"
        "--force      replace OUT.h5, if it is there; never one of the files that are read\n",
    .run = run,
};
