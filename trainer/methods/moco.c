// trainer/methods/moco.c -- momentum contrast: a query finds its key among a queue of older keys.
//   E_i = -log( exp(q_i.k_i/T) / (exp(q_i.k_i/T) + sum_j exp(q_i.n_j/T)) ),  n the K queued keys
//   theta_k <- m theta_k + (1 - m) theta_q before the forward passes; no gradient through keys
//   source: He et al. 2019 (arXiv 1911.05722) alg. 1; head mlp, T and recipe of v2: 2003.04297
//
// The key views are dealt to other workers than the query views (shuffled batch norm), so a query
// and its key never share batch statistics; only the keys travel, (batch, dim) floats.
// The negatives of a step are the queue before it; the queue is in order of batch positions, thus
// the same on any number of ranks.
#include "trainer/method.h"

#include "base/arena.h"
#include "base/rng.h"
#include "comm/exchange.h"
#include "trainer/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct moco_config {
    int64_t queue;
    double momentum, momentum_final, temperature;
    bool symmetric, shuffle, mask_same;
} moco_config;

static const config_field fields[] = {
    {"queue", FIELD_INT, offsetof(moco_config, queue), "65536", 1, 1e8, NULL,
     "negatives K; more than a tenth of the data set is too many"},
    {"momentum", FIELD_REAL, offsetof(moco_config, momentum), "0.999", 0, 1, NULL,
     "m of the key encoder's moving average"},
    {"momentum_final", FIELD_REAL, offsetof(moco_config, momentum_final), "0", 0, 1, NULL,
     "m at the end of the run, approached as a cosine; 0 = constant"},
    {"temperature", FIELD_REAL, offsetof(moco_config, temperature), "0.2", 1e-3, 100, NULL,
     "T, divides the similarities"},
    {"symmetric", FIELD_BOOL, offsetof(moco_config, symmetric), "false", 0, 0, NULL,
     "both views are query and key in turn; the loss is the sum of both directions"},
    {"shuffle", FIELD_BOOL, offsetof(moco_config, shuffle), "true", 0, 0, NULL,
     "deal key views to other workers; false lets batch norm tell a query its key"},
    {"mask_same", FIELD_BOOL, offsetof(moco_config, mask_same), "false", 0, 0, NULL,
     "negatives of the query's own image do not count"},
    {0}};

enum { METRIC_LOSS, METRIC_ACCURACY };

// One direction: the queries are draw 0, the keys draw 1. Both: queries of draw 0 with keys of draw
// 1, and queries of draw 1 with keys of draw 0. Queries come first among a batch's views.
enum { MAX_DIRECTIONS = 2 };

typedef struct moco {
    method_setup setup;
    const moco_config *config;
    graph *query_graph, *key_graph;
    weights query, key;
    int query_images, query_keys, query_negatives, query_mask, energy; // of query_graph
    int key_images, key_embedding;                                     // of key_graph
    size_t accuracy_at; // in the statistics of the query graph
    int directions;
    arena memory;
    float *rows;                 // (B, dim) keys in the order of key rows, all workers
    float *keys[MAX_DIRECTIONS]; // (B, dim) of each key view, in the order of batch positions
    float *statistics_beside;    // of the second direction, before the mean
    float *mask;                 // (b, K): -infinity at a query's own image, else 0; or NULL
    float *queue;                // (K, dim) unit vectors
    uint64_t *queue_ids;         // (K) sample of each; UINT64_MAX = none yet
    uint64_t pointer;            // next row of the queue to be replaced
} moco;

#define NO_SAMPLE UINT64_MAX

static status build_query(moco *m)
{
    const method_setup *s = &m->setup;
    int dim = s->encoder.dim;
    TRY(graph_create(&m->query_graph, true));
    graph *g = m->query_graph;
    m->query_images = graph_input(g, "images", s->view, false);
    int query = encoder_embedding(g, &s->encoder, m->query_images);
    m->query_keys = graph_input(g, "keys", (shape){s->view.n, dim, 1, 1}, false);
    m->query_negatives =
        graph_input(g, "negatives", (shape){(int)m->config->queue, dim, 1, 1}, false);
    if (m->config->mask_same)
        m->query_mask =
            graph_input(g, "mask", (shape){s->view.n, (int)m->config->queue, 1, 1}, false);
    int inputs[] = {query, m->query_keys, m->query_negatives, m->query_mask};
    m->energy = graph_add(g, "info_nce", "energy", inputs, m->config->mask_same ? 4 : 3,
                          "{temperature: %.17g}", m->config->temperature);
    graph_keep(g, m->energy);
    TRY(graph_plan(g));
    for (int i = 0; graph_statistic_at(g, i) != NULL; i++)
        if (strcmp(graph_statistic_at(g, i)->name, "energy.accuracy") == 0)
            m->accuracy_at = graph_statistic_at(g, i)->offset;
    return weights_create(&m->query, g);
}

static status build_key(moco *m)
{
    TRY(graph_create(&m->key_graph, false));
    graph *g = m->key_graph;
    m->key_images = graph_input(g, "images", m->setup.view, false);
    m->key_embedding = encoder_embedding(g, &m->setup.encoder, m->key_images);
    graph_keep(g, m->key_embedding);
    TRY(graph_plan(g));
    return weights_create(&m->key, g);
}

// Rows of independent normal numbers, scaled to unit length: noise until keys replace it.
static void fill_queue(moco *m)
{
    size_t dim = (size_t)m->setup.encoder.dim;
    for (uint64_t row = 0; row < (uint64_t)m->config->queue; row++) {
        rng r = rng_open(m->setup.seed, RNG_QUEUE, 0, row, 0);
        float *vector = m->queue + row * dim;
        double square = 0;
        for (size_t i = 0; i < dim; i++) {
            vector[i] = rng_normal(&r);
            square += (double)vector[i] * (double)vector[i];
        }
        float scale = (float)(1 / sqrt(square > 0 ? square : 1));
        for (size_t i = 0; i < dim; i++)
            vector[i] *= scale;
        m->queue_ids[row] = NO_SAMPLE;
    }
}

static status take_memory(moco *m)
{
    size_t keys = (size_t)m->setup.order.batch * (size_t)m->setup.encoder.dim * sizeof(float);
    size_t rows = (size_t)m->config->queue;
    size_t queue = rows * (size_t)m->setup.encoder.dim * sizeof(float);
    size_t ids = rows * sizeof(uint64_t);
    size_t statistics = m->query.statistic_count * sizeof(float);
    size_t mask = m->config->mask_same ? (size_t)m->setup.view.n * rows * sizeof(float) : 0;
    size_t bytes = (size_t)(1 + m->directions) * arena_padded(keys) + arena_padded(statistics) +
                   arena_padded(mask);
    TRY(arena_create(&m->memory, bytes + arena_padded(queue) + arena_padded(ids), "the queue"));
    m->rows = arena_take(&m->memory, keys);
    for (int i = 0; i < m->directions; i++)
        m->keys[i] = arena_take(&m->memory, keys);
    m->statistics_beside = arena_take(&m->memory, statistics);
    if (m->config->mask_same) m->mask = arena_take(&m->memory, mask);
    m->queue = arena_take(&m->memory, queue);
    m->queue_ids = arena_take(&m->memory, ids);
    return ST_OK;
}

static status build(moco *m)
{
    TRY(build_query(m));
    TRY(build_key(m));
    TRY(take_memory(m));
    graph_initialise(m->query_graph, m->setup.seed, m->query.params, m->query.statistics);
    // The energy has no parameters, so both encoders have the same flat array.
    ASSERT(m->key.param_count == m->query.param_count);
    memcpy(m->key.params, m->query.params, m->key.param_count * sizeof(float));
    fill_queue(m);
    return ST_OK;
}

static void destroy(void *state)
{
    moco *m = state;
    if (m == NULL) return;
    weights_destroy(&m->query);
    weights_destroy(&m->key);
    graph_destroy(m->query_graph);
    graph_destroy(m->key_graph);
    arena_destroy(&m->memory);
    free(m);
}

static status create(void **state, const method_setup *setup, weights **learned)
{
    moco *m = calloc(1, sizeof *m);
    CHECK(m != NULL, ST_INTERNAL, "no memory for MoCo");
    m->setup = *setup;
    m->config = setup->settings;
    m->directions = m->config->symmetric ? 2 : 1;
    status s = build(m);
    if (s != ST_OK) {
        destroy(m);
        return s;
    }
    *state = m;
    *learned = &m->query;
    return ST_OK;
}

// Floats of one logical worker's views, and of its keys.
static size_t view_floats(const moco *m)
{
    return shape_count(m->setup.view);
}

static size_t worker_key_floats(const moco *m)
{
    return (size_t)m->setup.workers.batch * (size_t)m->setup.encoder.dim;
}

// Keys of the own workers' rows of view `slot`, into their places among all rows.
static void compute_keys(moco *m, const batch *b, int slot)
{
    for (int worker = 0; worker < m->setup.workers.count; worker++) {
        graph_set_input(m->key_graph, m->key_images,
                        b->views[slot] + (size_t)worker * view_floats(m));
        graph_forward(m->key_graph, true, m->key_embedding, NULL);
        memcpy(m->rows + (size_t)(m->setup.workers.first + worker) * worker_key_floats(m),
               graph_value(m->key_graph, m->key_embedding), worker_key_floats(m) * sizeof(float));
    }
}

// From the order of key rows back to that of batch positions.
static void place_keys(moco *m, uint64_t step, float *keys)
{
    size_t dim = (size_t)m->setup.encoder.dim;
    for (uint64_t row = 0; row < m->setup.order.batch; row++) {
        uint64_t position = m->config->shuffle ? order_shuffled(&m->setup.order, step, row) : row;
        memcpy(keys + position * dim, m->rows + row * dim, dim * sizeof(float));
    }
}

static double momentum_at(const moco *m, uint64_t step)
{
    const moco_config *c = m->config;
    if (c->momentum_final == 0) return c->momentum;
    return cosine_between(c->momentum, c->momentum_final,
                          (double)step / (double)m->setup.steps_total);
}

static void begin(void *state, const method_step *s)
{
    moco *m = state;
    size_t own = (size_t)m->setup.workers.count * worker_key_floats(m);
    size_t first = (size_t)m->setup.workers.first * worker_key_floats(m);
    phases_enter(s->phases, PHASE_OPTIMIZER);
    weights_average(m->key.params, m->query.params, m->key.param_count,
                    (float)momentum_at(m, s->step));
    phases_enter(s->phases, PHASE_FORWARD);
    graph_prepare(m->key_graph);
    graph_prepare(m->query_graph);
    for (int i = 0; i < m->directions; i++) {
        compute_keys(m, s->batch, m->directions + i);
        phases_enter(s->phases, PHASE_WAIT);
        exchange_gather(m->setup.world, m->rows + first, own * sizeof(float), m->rows);
        phases_enter(s->phases, PHASE_FORWARD);
        place_keys(m, s->step, m->keys[i]);
    }
}

// ids (b): samples of the queries.
static void mask_own_images(moco *m, const uint64_t *ids)
{
    size_t rows = (size_t)m->config->queue;
    for (size_t i = 0; i < (size_t)m->setup.view.n; i++)
        for (size_t j = 0; j < rows; j++)
            m->mask[i * rows + j] = m->queue_ids[j] == ids[i] ? -INFINITY : 0.0f;
}

// Forward and backward of one direction. statistics: overwritten.
static void run_direction(moco *m, const method_step *s, int own, int direction,
                          const method_leaf *leaf, float *statistics)
{
    graph *g = m->query_graph;
    float share = 1.0f / (float)m->setup.order.batch;
    // Queries of draw d look for the keys of the other draw.
    const float *keys = m->keys[m->directions - 1 - direction];
    phases_enter(s->phases, PHASE_FORWARD);
    graph_set_input(g, m->query_images, s->batch->views[direction] + (size_t)own * view_floats(m));
    graph_set_input(g, m->query_keys,
                    keys + (size_t)(m->setup.workers.first + own) * worker_key_floats(m));
    graph_set_input(g, m->query_negatives, m->queue);
    if (m->config->mask_same) {
        mask_own_images(m, s->batch->ids[direction] + (size_t)own * (size_t)m->setup.view.n);
        graph_set_input(g, m->query_mask, m->mask);
    }
    graph_forward(g, true, m->energy, statistics);
    const float *energy = graph_value(g, m->energy);
    double sum = 0;
    for (int i = 0; i < m->setup.workers.batch; i++)
        sum += (double)energy[i];
    leaf->metrics[METRIC_LOSS] += (float)sum * share;
    leaf->metrics[METRIC_ACCURACY] +=
        statistics[m->accuracy_at] / (float)(m->setup.workers.total * m->directions);
    phases_enter(s->phases, PHASE_BACKWARD);
    graph_backward(g, m->energy, share, leaf->gradient);
}

static void worker(void *state, const method_step *s, int own, const method_leaf *leaf)
{
    moco *m = state;
    run_direction(m, s, own, 0, leaf, leaf->statistics);
    if (m->directions == 1) return;
    run_direction(m, s, own, 1, leaf, m->statistics_beside);
    // Both passes count alike in the running statistics.
    weights_average(leaf->statistics, m->statistics_beside, m->query.statistic_count, 0.5f);
}

// The batch's keys, after all losses, replace the oldest; any batch size, also one that does not divide the queue.
static void finish(void *state, const method_step *s)
{
    moco *m = state;
    size_t dim = (size_t)m->setup.encoder.dim;
    for (int i = 0; i < m->directions; i++)
        for (uint64_t position = 0; position < m->setup.order.batch; position++) {
            memcpy(m->queue + m->pointer * dim, m->keys[i] + position * dim, dim * sizeof(float));
            m->queue_ids[m->pointer] = order_sample(&m->setup.order, s->step, position);
            m->pointer = (m->pointer + 1) % (uint64_t)m->config->queue;
        }
}

static int views(const void *settings, view_slot slots[LOADER_MAX_VIEWS])
{
    const moco_config *c = settings;
    if (!c->symmetric) {
        slots[0] = (view_slot){0, false};
        slots[1] = (view_slot){1, c->shuffle};
        return 2;
    }
    for (int i = 0; i < 4; i++)
        slots[i] = (view_slot){i % 2, i >= 2 && c->shuffle};
    return 4;
}

static size_t describe(void *state, checkpoint_array *arrays)
{
    moco *m = state;
    uint64_t rows = (uint64_t)m->config->queue;
    size_t count = weights_describe_params(&m->key, "key", m->key.params, arrays);
    if (arrays != NULL) {
        arrays += count;
        arrays[0] = (checkpoint_array){
            "queue", ARRAY_F32, 2, {rows, (uint64_t)m->setup.encoder.dim}, m->queue};
        arrays[1] = (checkpoint_array){"queue_ids", ARRAY_U64, 1, {rows}, m->queue_ids};
        arrays[2] = (checkpoint_array){"queue_pointer", ARRAY_U64, 0, {0}, &m->pointer};
    }
    return count + 3;
}

static void contrast(const void *settings, method_contrast *contrast)
{
    const moco_config *c = settings;
    *contrast = (method_contrast){(uint64_t)c->queue, c->momentum, c->symmetric ? 2 : 1};
}

const method_type method_moco = {
    .name = "moco",
    .help = "momentum contrast with a queue of negatives (MoCo v1 and v2)",
    .fields = fields,
    .config_size = sizeof(moco_config),
    .metric_names = {"loss", "accuracy"},
    .views = views,
    .create = create,
    .begin = begin,
    .worker = worker,
    .finish = finish,
    .describe = describe,
    .destroy = destroy,
    .contrast = contrast,
};
