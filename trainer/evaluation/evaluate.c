// trainer/evaluation/evaluate.c -- kNN over the features of train and test images, and the
// features' health.
#include "trainer/evaluation/evaluate.h"

#include "base/arena.h"
#include "base/log.h"
#include "comm/agree.h"
#include "io/checkpoint/checkpoint.h"
#include "trainer/streams/data_report.h"
#include "trainer/streams/embedding.h"
#include "trainer/parts/encoder.h"
#include "trainer/evaluation/alignment.h"
#include "trainer/evaluation/data_checks.h"
#include "trainer/evaluation/knn.h"
#include "trainer/evaluation/pixel_means.h"
#include "trainer/evaluation/probe.h"
#include "trainer/parts/weights.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(EMBEDDING_ROWS == KNN_ROWS, "a chunk of features is a chunk of the bank");

struct evaluator {
    const world *world;
    const job *job;
    image_stream bank, queries;
    bool labelled;    // train and test: there is something to vote and to probe for
    augmenter *views; // random, of test images
    graph *graph;
    int images, features; // tensors
    weights weights;      // of the untrained net, then of checkpoints
};

static status build_graph(evaluator *e)
{
    const job *j = e->job;
    encoder parts = job_encoder(j);
    shape view = {EMBEDDING_ROWS, augmenter_channels(e->bank.augmenter),
                  augmenter_height(e->bank.augmenter), augmenter_width(e->bank.augmenter)};
    TRY(graph_create(&e->graph, false));
    e->images = graph_input(e->graph, "images", view, false);
    e->features = encoder_features(e->graph, &parts, e->images);
    graph_keep(e->graph, e->features);
    TRY(graph_plan(e->graph));
    return weights_create(&e->weights, e->graph);
}

static status build(evaluator *e, const view_statistics *training)
{
    const job *j = e->job;
    TRY(image_stream_open(&e->bank, j, training, j->data.train));
    TRY(image_stream_open(&e->queries, j, training, j->data.test));
    TRY(dataset_follow_classes(e->queries.data, e->bank.data));
    if (e->world->rank == 0) TRY(data_checks(&e->bank, &e->queries));
    const dataset_info *bank = e->bank.info, *queries = e->queries.info;
    data_report("data.test", queries);
    CHECK(queries->channels == bank->channels &&
              augmenter_height(e->queries.augmenter) == augmenter_height(e->bank.augmenter) &&
              augmenter_width(e->queries.augmenter) == augmenter_width(e->bank.augmenter),
          ST_BAD_DATA, "%s holds images of %d x %d x %d, but %s of %d x %d x %d; both must agree",
          job_test_name(j), queries->channels, queries->height, queries->width, j->data.train,
          bank->channels, bank->height, bank->width);
    CHECK(queries->count >= 2, ST_BAD_DATA, "%s: an evaluation needs at least two images, not one",
          job_test_name(j));
    if (bank->labelled && bank->count < (uint64_t)j->evaluate.knn_k)
        log_info("evaluate.knn.k: %s holds %llu images, fewer than the %lld neighbours asked for: "
                 "all of them vote",
                 j->data.train, (unsigned long long)bank->count, (long long)j->evaluate.knn_k);
    e->labelled = bank->classes > 0 && queries->classes > 0;
    if (!e->labelled)
        log_info("%s: no labels%s%s, so kNN accuracy and linear probe are left out",
                 bank->classes > 0 ? job_test_name(j) : j->data.train,
                 j->data.labels[0] != '\0' ? " at " : "", j->data.labels);
    TRY(views_create(&e->views, j->data.augment, j, queries, training));
    return build_graph(e);
}

status evaluator_create(evaluator **made, const world *w, const job *j,
                        const view_statistics *training)
{
    evaluator *e = calloc(1, sizeof *e);
    CHECK(e != NULL, ST_INTERNAL, "no memory for the evaluation");
    e->world = w;
    e->job = j;
    status s = build(e, training);
    if (s != ST_OK) {
        evaluator_destroy(e);
        return s;
    }
    *made = e;
    return ST_OK;
}

void evaluator_destroy(evaluator *e)
{
    if (e == NULL) return;
    weights_destroy(&e->weights);
    graph_destroy(e->graph);
    if (e->views != NULL) augmenter_destroy(e->views);
    image_stream_close(&e->bank);
    image_stream_close(&e->queries);
    free(e);
}

static void embed_features(void *state, const float *images, float *rows)
{
    evaluator *e = state;
    graph_set_input(e->graph, e->images, images);
    graph_forward(e->graph, false, e->features, NULL);
    memcpy(rows, graph_value(e->graph, e->features),
           shape_count(graph_shape(e->graph, e->features)) * sizeof(float));
}

static void embed_pixels(void *state, const float *images, float *rows)
{
    evaluator *e = state;
    pixel_means(graph_shape(e->graph, e->images), images, rows);
}

static int class_count(const evaluator *e)
{
    int bank = e->bank.info->classes, queries = e->queries.info->classes;
    return bank > queries ? bank : queries;
}

// What one evaluation holds.
typedef struct search {
    float *queries; // (room for whole rounds of chunks, dim) unit rows
    int64_t *query_labels, *bank_labels;
    loader *query_chunks, *bank_chunks;
    knn *knn;
} search;

// At most `chunks` of this rank's.
static status add_bank(evaluator *e, search *f, const embedding *how, uint64_t chunks)
{
    float *rows = calloc((size_t)EMBEDDING_ROWS * (size_t)how->dim, sizeof *rows);
    CHECK(rows != NULL, ST_INTERNAL, "no memory for a chunk of features");
    status trouble = ST_OK;
    uint64_t chunk = 0;
    int count = 1;
    for (; chunks > 0 && count > 0; chunks--) {
        count = embedding_next(how, &e->bank, f->bank_chunks, rows, &chunk, &trouble);
        if (count > 0)
            knn_add_bank(f->knn, rows, count, chunk * EMBEDDING_ROWS,
                         f->bank_labels + chunk * EMBEDDING_ROWS);
    }
    free(rows);
    return trouble;
}

static status open_search(evaluator *e, const embedding *how, search *f)
{
    size_t floats = embedding_room(how, &e->queries, e->world);
    TRY(arena_check_room(floats * sizeof(float), "the features of the test images"));
    f->queries = calloc(floats, sizeof(float));
    CHECK(f->queries != NULL, ST_INTERNAL, "no memory for the features of %llu test images",
          (unsigned long long)e->queries.info->count);
    TRY(image_stream_start(&e->queries, e->world, &f->query_chunks));
    if (!e->labelled) return ST_OK;
    TRY(image_stream_labels(&e->queries, &f->query_labels));
    TRY(image_stream_labels(&e->bank, &f->bank_labels));
    knn *neighbours = NULL;
    status s = knn_create(&neighbours, f->queries, e->queries.info->count, how->dim,
                          (int)e->job->evaluate.knn_k);
    f->knn = neighbours;
    TRY(s);
    return image_stream_start(&e->bank, e->world, &f->bank_chunks);
}

static void close_search(search *f)
{
    if (f->query_chunks != NULL) loader_destroy(f->query_chunks);
    if (f->bank_chunks != NULL) loader_destroy(f->bank_chunks);
    knn_destroy(f->knn);
    free(f->queries);
    free(f->query_labels);
    free(f->bank_labels);
}

// Rank 0 measures; the others know nothing of the health.
static status measure_health(const evaluator *e, const embedding *how, const float *queries,
                             health *found)
{
    if (e->world->rank != 0) return ST_OK;
    float *chosen = malloc((size_t)HEALTH_ROWS * (size_t)how->dim * sizeof *chosen);
    CHECK(chosen != NULL, ST_INTERNAL, "no memory for the features of %d test images", HEALTH_ROWS);
    int count = health_choose(queries, e->queries.info->count, how->dim, chosen);
    status s = health_measure(chosen, count, how->dim, found);
    free(chosen);
    return s;
}

// Collective.
static status vote(evaluator *e, search *f, double *top1)
{
    uint64_t correct = 0, voted = 0;
    TRY(agree(e->world, knn_vote(f->knn, e->world, f->query_labels, class_count(e),
                                 e->job->evaluate.knn_temperature, &correct, &voted)));
    *top1 = voted > 0 ? (double)correct / (double)voted : 0;
    return ST_OK;
}

// Collective.
static status run_search(evaluator *e, const embedding *how, search *f, bool with_health,
                         evaluation *found)
{
    TRY(agree(e->world, embedding_gather(how, &e->queries, e->world, f->query_chunks, f->queries)));
    if (with_health) TRY(agree(e->world, measure_health(e, how, f->queries, &found->health)));
    found->knn = -1;
    if (!e->labelled) return ST_OK;
    TRY(agree(e->world, add_bank(e, f, how, e->bank.chunk_count)));
    return vote(e, f, &found->knn);
}

// Collective.
static status evaluate(evaluator *e, const embedding *how, bool with_health, evaluation *found)
{
    search f = {0};
    status s = agree(e->world, open_search(e, how, &f));
    if (s == ST_OK) s = run_search(e, how, &f, with_health, found);
    close_search(&f);
    return s;
}

bool evaluator_is_labelled(const evaluator *e)
{
    return e->labelled;
}

// Collective.
static status evaluate_floor(evaluator *e, const embedding *how, double *top1)
{
    ASSERT(e->labelled);
    evaluation found = {0};
    status s = evaluate(e, how, false, &found);
    *top1 = found.knn;
    return s;
}

// This rank's features and all labels of one stream, for the probe.
static status fill_probe_set(evaluator *e, const embedding *how, const image_stream *s,
                             int64_t **labels, probe_set *set)
{
    TRY(image_stream_labels(s, labels));
    TRY(probe_set_create(set, e->world, s->info->count, how->dim, *labels));
    loader *chunks = NULL;
    TRY(image_stream_start(s, e->world, &chunks));
    status trouble = ST_OK;
    uint64_t chunk;
    float *rows = set->rows;
    while (embedding_next(how, s, chunks, rows, &chunk, &trouble) > 0)
        rows += (size_t)EMBEDDING_ROWS * (size_t)how->dim;
    loader_destroy(chunks);
    return trouble;
}

// Collective. The probe sees features as the net gives them, of any length.
static status probe_features(evaluator *e, const embedding *unit_features, double *top1)
{
    embedding how = *unit_features;
    how.unit = false;
    probe_set train = {0}, test = {0};
    int64_t *train_labels = NULL, *test_labels = NULL;
    probe_result found = {0};
    status s = fill_probe_set(e, &how, &e->bank, &train_labels, &train);
    if (s == ST_OK) s = fill_probe_set(e, &how, &e->queries, &test_labels, &test);
    s = agree(e->world, s);
    if (s == ST_OK) s = probe_run(e->world, class_count(e), &train, &test, &found);
    *top1 = found.top1;
    probe_set_destroy(&train);
    probe_set_destroy(&test);
    free(train_labels);
    free(test_labels);
    return s;
}

static embedding bind_features(evaluator *e)
{
    graph_prepare(e->graph);
    return (embedding){graph_shape(e->graph, e->features).c, true, embed_features, e};
}

// Local. A chunk of each stream; the room of all others is written to, so that it is there.
static status embed_little(evaluator *e, const embedding *how, search *f)
{
    status trouble = ST_OK;
    uint64_t chunk = 0;
    memset(f->queries, 0, embedding_room(how, &e->queries, e->world) * sizeof(float));
    (void)embedding_next(how, &e->queries, f->query_chunks, f->queries, &chunk, &trouble);
    if (trouble == ST_OK && e->labelled) trouble = add_bank(e, f, how, 1);
    return trouble;
}

status evaluator_rehearse(evaluator *e)
{
    embedding how = bind_features(e);
    search f = {0};
    double none;
    status s = open_search(e, &how, &f);
    if (s == ST_OK) s = embed_little(e, &how, &f);
    s = agree(e->world, s);
    if (s == ST_OK && e->labelled) s = vote(e, &f, &none);
    close_search(&f);
    return s;
}

static status evaluate_weights(evaluator *e, evaluation *found)
{
    embedding how = bind_features(e);
    found->probe = -1;
    TRY(evaluate(e, &how, true, found));
    TRY(alignment_measure(&how, &e->queries, e->world, e->views, (uint64_t)e->job->seed,
                          &found->alignment));
    bool probe = e->job->evaluate.probe && e->labelled;
    return probe ? probe_features(e, &how, &found->probe) : ST_OK;
}

status evaluator_trained(evaluator *e, const weights *learned, evaluation *found)
{
    weights_follow(&e->weights, learned, 0);
    weights_copy_statistics(&e->weights, learned);
    return evaluate_weights(e, found);
}

status evaluator_untrained_knn(evaluator *e, double *top1)
{
    graph_initialise(e->graph, (uint64_t)e->job->seed, e->weights.params, e->weights.statistics);
    embedding how = bind_features(e);
    return evaluate_floor(e, &how, top1);
}

status evaluator_pixels_knn(evaluator *e, double *top1)
{
    embedding how = {pixel_means_count(graph_shape(e->graph, e->images)), true, embed_pixels, e};
    return evaluate_floor(e, &how, top1);
}

status evaluator_checkpoint(evaluator *e, const char *path, evaluation *found)
{
    TRY(agree(e->world, weights_read(&e->weights, path)));
    return evaluate_weights(e, found);
}
