// trainer/evaluators/energy.c -- the method's own energies on test images: its model, forward only,
// with running statistics; and PSNR where it makes images whole.
//
//   data.test ─ the recipe for evaluation ─> chunks, chunk c on rank c mod P ─> model_measure ─>
//   sums of each chunk, gathered in stored order ─> means
//
// Noise is keyed by chunk and place in it, so the means have the same bits on any number of ranks.
#include "comm/agree.h"
#include "comm/exchange.h"
#include "trainer/evaluation/restoration.h"
#include "trainer/evaluator.h"
#include "trainer/parts/model.h"
#include "trainer/streams/embedding.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct chunk_sums {
    double metrics[METHOD_MAX_METRICS];
    restoration_sums restoration;
} chunk_sums;

typedef struct energy {
    evaluator_setup setup;
    image_stream images;
    method_setup method_setup;
    void *method; // state
    model *model; // of the method
    phases phases;
    char names[METHOD_MAX_METRICS][SCORE_NAME_SIZE]; // "test_" and the metric's
    chunk_sums *sums;                                // (rounds, ranks): of all chunks in order
} energy;

static void destroy(void *state)
{
    energy *e = state;
    if (e == NULL) return;
    if (e->method != NULL) e->setup.job->method->destroy(e->method);
    image_stream_close(&e->images);
    free(e->method);
    free(e->sums);
    free(e);
}

static uint64_t rounds_of(const energy *e)
{
    uint64_t ranks = (uint64_t)e->setup.world->size;
    return (e->images.chunk_count + ranks - 1) / ranks;
}

// One worker whose batch is a chunk.
static status build_method(energy *e)
{
    const job *j = e->setup.job;
    augmenter *a = e->images.augmenter;
    e->method_setup = (method_setup){
        .world = e->setup.world,
        .workers = {.total = 1, .count = 1, .batch = EMBEDDING_ROWS},
        .order = {.seed = (uint64_t)j->seed, .count = e->images.info->count, EMBEDDING_ROWS},
        .seed = (uint64_t)j->seed,
        .steps_total = e->images.chunk_count,
        .metric_names = j->method->metric_names,
        .view = {EMBEDDING_ROWS, augmenter_channels(a), augmenter_height(a), augmenter_width(a)},
        .encoder = job_encoder(j),
        .decoder = j->decoder,
        .settings = &j->method_config,
        .evaluates = true,
    };
    method_core core = {0};
    e->method = calloc(1, j->method->state_size);
    CHECK(e->method != NULL, ST_INTERNAL, "no memory for the evaluation");
    TRY(j->method->create(e->method, &e->method_setup, &core));
    ASSERT(core.model != NULL);
    e->model = core.model;
    for (int m = 0; m < METHOD_MAX_METRICS && j->method->metric_names[m] != NULL; m++)
        snprintf(e->names[m], sizeof e->names[m], "test_%s", j->method->metric_names[m]);
    e->sums = calloc(rounds_of(e) * (size_t)e->setup.world->size, sizeof *e->sums);
    CHECK(e->sums != NULL, ST_INTERNAL, "no memory for the energies of %llu chunks",
          (unsigned long long)e->images.chunk_count);
    return ST_OK;
}

static status create(void **state, const evaluator_setup *setup)
{
    energy *e = calloc(1, sizeof *e);
    CHECK(e != NULL, ST_INTERNAL, "no memory for the evaluation");
    e->setup = *setup;
    *state = e;
    TRY(image_stream_open(&e->images, setup->job, setup->training, setup->job->data.test));
    return build_method(e);
}

static status take_weights(energy *e, const trained *from)
{
    weights *own = &e->model->weights;
    if (from->checkpoint != NULL) {
        TRY(weights_read(own, from->checkpoint));
    } else {
        weights_follow(own, from->learned, 0);
        weights_copy_statistics(own, from->learned);
    }
    model_prepare(e->model, &(method_step){.phases = &e->phases});
    return ST_OK;
}

// This rank's next chunk, into `sums`, all 0 where there is none.
static void measure_next(energy *e, loader *chunks, chunk_sums *sums, status *trouble)
{
    double waited = 0;
    memset(sums, 0, sizeof *sums);
    const batch *b = loader_next(chunks, &waited);
    if (b == NULL) return;
    if (b->status != ST_OK && *trouble == ST_OK) *trouble = failure(b->status, "%s", b->message);
    method_step step = {.step = b->step, .batch = b, .phases = &e->phases};
    int rows = image_stream_rows(&e->images, b->step);
    model_measure(e->model, &step, rows, sums->metrics);
    if (restoration_known(e->model, e->images.augmenter))
        sums->restoration = restoration_measure(e->model, e->images.augmenter, rows);
}

// Collective.
static status measure(energy *e, const trained *from, uint64_t rounds)
{
    const world *w = e->setup.world;
    loader *chunks = NULL;
    status s = take_weights(e, from);
    if (s == ST_OK) s = image_stream_start(&e->images, w, &chunks);
    s = agree(w, s);
    status trouble = ST_OK;
    for (uint64_t round = 0; s == ST_OK && round < rounds; round++) {
        chunk_sums *all = e->sums + round * (size_t)w->size;
        measure_next(e, chunks, all + w->rank, &trouble);
        exchange_gather(w, all + w->rank, sizeof *all, all);
    }
    if (s == ST_OK) s = agree(w, trouble);
    if (chunks != NULL) loader_destroy(chunks);
    return s;
}

static void score_restoration(energy *e, scores *found)
{
    restoration_sums sum = {0};
    if (!restoration_known(e->model, e->images.augmenter)) return;
    for (uint64_t chunk = 0; chunk < e->images.chunk_count; chunk++) {
        sum.spoilt += e->sums[chunk].restoration.spoilt;
        sum.whole += e->sums[chunk].restoration.whole;
    }
    double images = (double)e->images.info->count;
    double spoilt = restoration_psnr(sum.spoilt / images);
    double whole = restoration_psnr(sum.whole / images);
    scores_add(found, "test_psnr_spoilt", spoilt);
    scores_add(found, "test_psnr_whole", whole);
    scores_add(found, "test_psnr_gain", whole - spoilt);
}

static status score(void *state, const trained *from, scores *found)
{
    energy *e = state;
    const char *const *names = e->method_setup.metric_names;
    TRY(measure(e, from, rounds_of(e)));
    for (int m = 0; m < METHOD_MAX_METRICS && names[m] != NULL; m++) {
        double sum = 0;
        for (uint64_t chunk = 0; chunk < e->images.chunk_count; chunk++)
            sum += e->sums[chunk].metrics[m];
        scores_add(found, e->names[m], sum / (double)e->images.info->count);
    }
    score_restoration(e, found);
    return ST_OK;
}

static status rehearse(void *state, const trained *from)
{
    return measure(state, from, 1);
}

static void tell(const scores *s, char *line, size_t size)
{
    size_t used = 0;
    line[0] = '\0';
    for (int i = 0; i < s->count && used < size; i++)
        used += (size_t)snprintf(line + used, size - used, "%s%s %.5g", i > 0 ? "  " : "",
                                 s->of[i].name, s->of[i].value);
}

static void print(const job *j, const scores *floors, const scores *s)
{
    (void)j;
    (void)floors;
    printf("energies of test images, means%s\n",
           isnan(scores_find(s, "test_psnr_gain")) ? "" : "; PSNR in dB");
    for (int i = 0; i < s->count; i++)
        printf("  %-20s %12.6f\n", s->of[i].name, s->of[i].value);
}

const evaluator_type evaluator_energy = {
    .readout = "energy",
    .create = create,
    .score = score,
    .rehearse = rehearse,
    .tell = tell,
    .print = print,
    .destroy = destroy,
};
