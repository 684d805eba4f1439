// trainer/evaluate.c -- features of whole data sets, chunk by chunk, and kNN over them.
//
// Images come in chunks of KNN_ROWS, stored order, no augmentation; chunk c belongs to rank c mod P.
// A chunk's features depend on nothing but its images and the weights, so any number of ranks gives
// the same bits.
#include "trainer/evaluate.h"

#include "comm/agree.h"
#include "comm/exchange.h"
#include "io/checkpoint.h"
#include "io/loader.h"
#include "trainer/encoder.h"
#include "trainer/knn.h"
#include "trainer/weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PIXEL_SIDE 32 // the raw-pixel floor looks at no more than 32 x 32 means

// One data set and what reads it.
typedef struct image_stream {
    dataset *data;
    augmenter *augmenter;
    const dataset_info *info;
    uint64_t chunk_count;
} image_stream;

struct evaluator {
    const world *world;
    const job *job;
    image_stream bank, queries;
    graph *graph;
    int images, features; // tensors
    weights weights;      // of the untrained net, then of checkpoints
};

// How a chunk of images (KNN_ROWS, C, H, W) becomes KNN_ROWS rows of `dim` floats.
typedef struct embedding {
    int dim;
    void (*embed)(evaluator *e, const float *images, float *rows);
} embedding;

static status open_stream(image_stream *s, const job *j, const char *files)
{
    dataset_source source = job_source(j, files);
    TRY(dataset_open(&s->data, &source));
    s->info = dataset_get_info(s->data);
    CHECK(s->info->labelled, ST_BAD_DATA,
          "%s: kNN needs labels, and there is no %s in these files; leave data.test out to train "
          "without evaluation",
          files, j->data.labels[0] != '\0' ? j->data.labels : "label path");
    s->chunk_count = (s->info->count + KNN_ROWS - 1) / KNN_ROWS;
    return augmenter_create(&s->augmenter, "none", s->info, (int)j->data.size);
}

static status build_graph(evaluator *e)
{
    const job *j = e->job;
    encoder parts = {j->net, &j->net_config, j->model.head, (int)j->model.dim};
    shape view = {KNN_ROWS, e->bank.info->channels, augmenter_height(e->bank.augmenter),
                  augmenter_width(e->bank.augmenter)};
    TRY(graph_create(&e->graph, false));
    e->images = graph_input(e->graph, "images", view, false);
    e->features = encoder_features(e->graph, &parts, e->images);
    graph_keep(e->graph, e->features);
    TRY(graph_plan(e->graph));
    return weights_create(&e->weights, e->graph);
}

static status build(evaluator *e)
{
    const job *j = e->job;
    TRY(open_stream(&e->bank, j, j->data.train));
    TRY(open_stream(&e->queries, j, j->data.test));
    const dataset_info *bank = e->bank.info, *queries = e->queries.info;
    CHECK(queries->channels == bank->channels &&
              augmenter_height(e->queries.augmenter) == augmenter_height(e->bank.augmenter) &&
              augmenter_width(e->queries.augmenter) == augmenter_width(e->bank.augmenter),
          ST_BAD_DATA, "%s holds images of %d x %d x %d, but %s of %d x %d x %d; both must agree",
          j->data.test, queries->channels, queries->height, queries->width, j->data.train,
          bank->channels, bank->height, bank->width);
    return build_graph(e);
}

status evaluator_create(evaluator **made, const world *w, const job *j)
{
    evaluator *e = calloc(1, sizeof *e);
    CHECK(e != NULL, ST_INTERNAL, "no memory for the evaluation");
    e->world = w;
    e->job = j;
    status s = build(e);
    if (s != ST_OK) {
        evaluator_destroy(e);
        return s;
    }
    *made = e;
    return ST_OK;
}

static void close_stream(image_stream *s)
{
    if (s->augmenter != NULL) augmenter_destroy(s->augmenter);
    if (s->data != NULL) dataset_close(s->data);
}

void evaluator_destroy(evaluator *e)
{
    if (e == NULL) return;
    weights_destroy(&e->weights);
    graph_destroy(e->graph);
    close_stream(&e->bank);
    close_stream(&e->queries);
    free(e);
}

static void embed_features(evaluator *e, const float *images, float *rows)
{
    graph_set_input(e->graph, e->images, images);
    graph_forward(e->graph, false, e->features, NULL);
    memcpy(rows, graph_value(e->graph, e->features),
           shape_count(graph_shape(e->graph, e->features)) * sizeof(float));
}

// Mean of the source pixels that fall into each cell of at most PIXEL_SIDE x PIXEL_SIDE.
static void pool_plane(const float *plane, int height, int width, float *out, int rows, int columns)
{
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            int top = r * height / rows, bottom = (r + 1) * height / rows;
            int left = c * width / columns, right = (c + 1) * width / columns;
            double sum = 0;
            for (int y = top; y < bottom; y++)
                for (int x = left; x < right; x++)
                    sum += (double)plane[(size_t)y * (size_t)width + (size_t)x];
            out[r * columns + c] = (float)(sum / ((bottom - top) * (right - left)));
        }
}

static int at_most(int size, int limit)
{
    return size < limit ? size : limit;
}

static void embed_pixels(evaluator *e, const float *images, float *rows)
{
    shape view = graph_shape(e->graph, e->images);
    int height = at_most(view.h, PIXEL_SIDE), width = at_most(view.w, PIXEL_SIDE);
    for (int plane = 0; plane < view.n * view.c; plane++)
        pool_plane(images + (size_t)plane * (size_t)view.h * (size_t)view.w, view.h, view.w,
                   rows + (size_t)plane * (size_t)height * (size_t)width, height, width);
}

// Unit length for each row; a row of zeros stays.
static void normalise_rows(float *rows, int dim)
{
    for (int r = 0; r < KNN_ROWS; r++) {
        float *row = rows + (size_t)r * (size_t)dim;
        double square = 0;
        for (int i = 0; i < dim; i++)
            square += (double)row[i] * (double)row[i];
        float scale = (float)(1 / fmax(sqrt(square), 1e-12));
        for (int i = 0; i < dim; i++)
            row[i] *= scale;
    }
}

// A loader over the own chunks: rank, rank + P, rank + 2 P ...
static status open_chunks(const evaluator *e, const image_stream *s, loader **l)
{
    uint64_t first = (uint64_t)e->world->rank, stride = (uint64_t)e->world->size;
    loader_plan plan = {
        .order = {0, s->info->count, KNN_ROWS},
        .mode = LOADER_SEQUENTIAL,
        .worker_count = 1,
        .worker_batch = KNN_ROWS,
        .view_count = 1,
        .first_step = first,
        .step_stride = stride,
        .step_count = first < s->chunk_count ? (s->chunk_count - first + stride - 1) / stride : 0,
    };
    return loader_create(l, s->data, s->augmenter, &plan);
}

// The next own chunk as unit rows. Returns the number of its rows that count, 0 at the end; *chunk
// is its index. A chunk that could not be read leaves its status in *trouble.
static int next_chunk(evaluator *e, const image_stream *s, loader *l, const embedding *how,
                      float *rows, uint64_t *chunk, status *trouble)
{
    double waited = 0;
    const batch *b = loader_next(l, &waited);
    if (b == NULL) return 0;
    if (b->status != ST_OK && *trouble == ST_OK) *trouble = failure(b->status, "%s", b->message);
    how->embed(e, b->views[0], rows);
    normalise_rows(rows, how->dim);
    *chunk = b->step;
    uint64_t left = s->info->count - b->step * KNN_ROWS;
    return left < KNN_ROWS ? (int)left : KNN_ROWS;
}

// Collective. Features of all queries, on every rank. Room for whole rounds of P chunks.
static void gather_queries(evaluator *e, loader *l, const embedding *how, float *queries,
                           status *trouble)
{
    size_t chunk_floats = (size_t)KNN_ROWS * (size_t)how->dim;
    uint64_t ranks = (uint64_t)e->world->size;
    for (uint64_t round = 0; round * ranks < e->queries.chunk_count; round++) {
        float *all = queries + round * ranks * chunk_floats;
        float *mine = all + (size_t)e->world->rank * chunk_floats;
        uint64_t chunk;
        (void)next_chunk(e, &e->queries, l, how, mine, &chunk, trouble);
        exchange_gather(e->world, mine, chunk_floats * sizeof(float), all);
    }
}

static status add_bank(evaluator *e, knn *n, loader *l, const embedding *how, const int64_t *labels)
{
    float *rows = calloc((size_t)KNN_ROWS * (size_t)how->dim, sizeof *rows);
    CHECK(rows != NULL, ST_INTERNAL, "no memory for a chunk of features");
    status trouble = ST_OK;
    uint64_t chunk = 0;
    int count;
    while ((count = next_chunk(e, &e->bank, l, how, rows, &chunk, &trouble)) > 0)
        knn_add_bank(n, rows, count, chunk * KNN_ROWS, labels + chunk * KNN_ROWS);
    free(rows);
    return trouble;
}

// What one evaluation holds.
typedef struct search {
    float *queries; // (whole rounds of chunks, dim)
    int64_t *query_labels, *bank_labels;
    loader *query_chunks, *bank_chunks;
    knn *knn;
} search;

static status read_labels(const image_stream *s, int64_t **labels)
{
    int64_t *room = calloc(s->info->count, sizeof *room);
    *labels = room;
    CHECK(room != NULL, ST_INTERNAL, "no memory for %llu labels",
          (unsigned long long)s->info->count);
    return dataset_read_labels(s->data, 0, s->info->count, room);
}

static status open_search(evaluator *e, const embedding *how, search *f)
{
    uint64_t ranks = (uint64_t)e->world->size;
    uint64_t rounds = (e->queries.chunk_count + ranks - 1) / ranks;
    f->queries = calloc(rounds * ranks * KNN_ROWS * (size_t)how->dim, sizeof(float));
    CHECK(f->queries != NULL, ST_INTERNAL, "no memory for the features of %llu test images",
          (unsigned long long)e->queries.info->count);
    TRY(read_labels(&e->queries, &f->query_labels));
    TRY(read_labels(&e->bank, &f->bank_labels));
    knn *neighbours = NULL;
    status s = knn_create(&neighbours, f->queries, e->queries.info->count, how->dim,
                          (int)e->job->evaluate.knn_k);
    f->knn = neighbours;
    TRY(s);
    TRY(open_chunks(e, &e->queries, &f->query_chunks));
    return open_chunks(e, &e->bank, &f->bank_chunks);
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

// Collective.
static status run_search(evaluator *e, const embedding *how, search *f, double *top1)
{
    status trouble = ST_OK;
    gather_queries(e, f->query_chunks, how, f->queries, &trouble);
    TRY(agree(e->world, trouble));
    TRY(agree(e->world, add_bank(e, f->knn, f->bank_chunks, how, f->bank_labels)));
    int classes = e->bank.info->classes > e->queries.info->classes ? e->bank.info->classes
                                                                   : e->queries.info->classes;
    uint64_t correct = 0, voted = 0;
    TRY(agree(e->world, knn_vote(f->knn, e->world, f->query_labels, classes,
                                 e->job->evaluate.knn_temperature, &correct, &voted)));
    *top1 = voted > 0 ? (double)correct / (double)voted : 0;
    return ST_OK;
}

// Collective.
static status evaluate(evaluator *e, const embedding *how, double *top1)
{
    search f = {0};
    status s = agree(e->world, open_search(e, how, &f));
    if (s == ST_OK) s = run_search(e, how, &f, top1);
    close_search(&f);
    return s;
}

status evaluator_features_knn(evaluator *e, const float *params, const float *statistics,
                              double *top1)
{
    graph_bind(e->graph, params, statistics);
    graph_prepare(e->graph);
    embedding how = {graph_shape(e->graph, e->features).c, embed_features};
    return evaluate(e, &how, top1);
}

status evaluator_untrained_knn(evaluator *e, double *top1)
{
    graph_initialise(e->graph, (uint64_t)e->job->seed, e->weights.params, e->weights.statistics);
    return evaluator_features_knn(e, e->weights.params, e->weights.statistics, top1);
}

status evaluator_pixels_knn(evaluator *e, double *top1)
{
    shape view = graph_shape(e->graph, e->images);
    embedding how = {view.c * at_most(view.h, PIXEL_SIDE) * at_most(view.w, PIXEL_SIDE),
                     embed_pixels};
    return evaluate(e, &how, top1);
}

static status read_weights(evaluator *e, const char *path)
{
    size_t params = weights_describe_params(&e->weights, LEARNED_PREFIX, e->weights.params, NULL);
    size_t count = params + weights_describe_statistics(&e->weights, LEARNED_PREFIX, NULL);
    checkpoint_array *arrays = calloc(count, sizeof *arrays);
    CHECK(arrays != NULL, ST_INTERNAL, "no memory for the list of a checkpoint's arrays");
    weights_describe_params(&e->weights, LEARNED_PREFIX, e->weights.params, arrays);
    weights_describe_statistics(&e->weights, LEARNED_PREFIX, arrays + params);
    checkpoint *c = NULL;
    status s = checkpoint_open(&c, path);
    for (size_t i = 0; i < count && s == ST_OK; i++)
        s = checkpoint_read(c, &arrays[i]);
    if (c != NULL) checkpoint_close(c);
    free(arrays);
    return s;
}

status evaluator_checkpoint_knn(evaluator *e, const char *path, double *top1)
{
    TRY(agree(e->world, read_weights(e, path)));
    return evaluator_features_knn(e, e->weights.params, e->weights.statistics, top1);
}
