// trainer/methods/moco_v3.c -- momentum contrast without a queue: the negatives are the other keys
// of the batch, of all workers.
//   q = h(f(x)), k = f_k(x');  E = 2T sum over both directions of -log softmax_i(q_i.k / T)
//   theta_k <- m theta_k + (1 - m) theta_f before the forward passes; no gradient through keys
//   h: fc, batch norm, ReLU, fc with as many hidden units as z has dimensions
//   source: Chen, Xie, He 2021 (arXiv 2104.02057) alg. 1; model.head mlp_bn is its kind of projector
//   Differs: batch norm sees one worker's samples, not all.
#include "trainer/method.h"

#include "base/arena.h"
#include "comm/exchange.h"
#include "trainer/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct moco_v3_config {
    double momentum, momentum_final, temperature;
} moco_v3_config;

static const config_field fields[] = {
    {"momentum", FIELD_REAL, offsetof(moco_v3_config, momentum), "0.99", 0, 1, NULL,
     "m of the key encoder's moving average"},
    {"momentum_final", FIELD_REAL, offsetof(moco_v3_config, momentum_final), "1", 0, 1, NULL,
     "m at the end of the run, approached as a cosine"},
    {"temperature", FIELD_REAL, offsetof(moco_v3_config, temperature), "1", 1e-3, 100, NULL,
     "T, divides the similarities"},
    {0}};

enum { METRIC_LOSS, METRIC_ACCURACY };
enum { VIEWS = 2 };

typedef struct moco_v3 {
    method_setup setup;
    const moco_v3_config *config;
    graph *query_graph, *key_graph;
    weights query, key;
    int images, own_keys, all_keys, others, energy; // tensors of query_graph
    int key_images, key_embedding;                  // tensors of key_graph
    size_t accuracy_at;                             // in the statistics of the query graph
    arena memory;
    float *keys[VIEWS];       // (B, dim) of all workers, in the order of batch positions
    float *own_masked;        // (b, B): -infinity where a column is the row's own key, else 0
    float *statistics_beside; // of the second direction, before the mean
} moco_v3;

static status build_query(moco_v3 *m)
{
    const method_setup *s = &m->setup;
    int b = s->view.n, dim = s->encoder.dim, all = (int)s->order.batch;
    TRY(graph_create(&m->query_graph, true));
    graph *g = m->query_graph;
    m->images = graph_input(g, "images", s->view, false);
    m->own_keys = graph_input(g, "keys", (shape){b, dim, 1, 1}, false);
    m->all_keys = graph_input(g, "negatives", (shape){all, dim, 1, 1}, false);
    m->others = graph_input(g, "bias", (shape){b, all, 1, 1}, false);
    int projection = encoder_projection(g, &s->encoder, m->images);
    int inputs[] = {encoder_prediction(g, &s->encoder, projection, dim), m->own_keys, m->all_keys,
                    m->others};
    m->energy = graph_add(g, "info_nce", "energy", inputs, 4, "{temperature: %.17g}",
                          m->config->temperature);
    graph_keep(g, m->energy);
    TRY(graph_plan(g));
    for (int i = 0; graph_statistic_at(g, i) != NULL; i++)
        if (strcmp(graph_statistic_at(g, i)->name, "energy.accuracy") == 0)
            m->accuracy_at = graph_statistic_at(g, i)->offset;
    return weights_create(&m->query, g);
}

static status build_key(moco_v3 *m)
{
    TRY(graph_create(&m->key_graph, false));
    graph *g = m->key_graph;
    m->key_images = graph_input(g, "images", m->setup.view, false);
    m->key_embedding = encoder_embedding(g, &m->setup.encoder, m->key_images);
    graph_keep(g, m->key_embedding);
    TRY(graph_plan(g));
    return weights_create(&m->key, g);
}

static status take_memory(moco_v3 *m)
{
    size_t total = (size_t)m->setup.order.batch;
    size_t keys = total * (size_t)m->setup.encoder.dim * sizeof(float);
    size_t masked = (size_t)m->setup.view.n * total * sizeof(float);
    size_t statistics = m->query.statistic_count * sizeof(float);
    TRY(arena_create(&m->memory,
                     VIEWS * arena_padded(keys) + arena_padded(masked) + arena_padded(statistics),
                     "the keys"));
    for (int v = 0; v < VIEWS; v++)
        m->keys[v] = arena_take(&m->memory, keys);
    m->own_masked = arena_take(&m->memory, masked);
    m->statistics_beside = arena_take(&m->memory, statistics);
    return ST_OK;
}

static status build(moco_v3 *m)
{
    TRY(build_query(m));
    TRY(build_key(m));
    TRY(take_memory(m));
    graph_initialise(m->query_graph, m->setup.seed, m->query.params, m->query.statistics);
    // The predictor's parameters come last, so the key encoder's are the start of the query's.
    ASSERT(m->key.param_count <= m->query.param_count);
    memcpy(m->key.params, m->query.params, m->key.param_count * sizeof(float));
    return ST_OK;
}

static void destroy(void *state)
{
    moco_v3 *m = state;
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
    moco_v3 *m = calloc(1, sizeof *m);
    CHECK(m != NULL, ST_INTERNAL, "no memory for MoCo v3");
    m->setup = *setup;
    m->config = setup->settings;
    status s = build(m);
    if (s != ST_OK) {
        destroy(m);
        return s;
    }
    *state = m;
    *learned = &m->query;
    return ST_OK;
}

static size_t worker_key_floats(const moco_v3 *m)
{
    return (size_t)m->setup.view.n * (size_t)m->setup.encoder.dim;
}

// Keys of the own workers' rows of a view, into their places among all rows.
static void compute_keys(moco_v3 *m, const batch *b, int view)
{
    for (int own = 0; own < m->setup.workers.count; own++) {
        graph_set_input(m->key_graph, m->key_images,
                        b->views[view] + (size_t)own * shape_count(m->setup.view));
        graph_forward(m->key_graph, true, m->key_embedding, NULL);
        memcpy(m->keys[view] + (size_t)(m->setup.workers.first + own) * worker_key_floats(m),
               graph_value(m->key_graph, m->key_embedding), worker_key_floats(m) * sizeof(float));
    }
}

static void begin(void *state, const method_step *s)
{
    moco_v3 *m = state;
    size_t own = (size_t)m->setup.workers.count * worker_key_floats(m);
    size_t first = (size_t)m->setup.workers.first * worker_key_floats(m);
    double passed = (double)s->step / (double)m->setup.steps_total;
    double momentum = cosine_between(m->config->momentum, m->config->momentum_final, passed);
    phases_enter(s->phases, PHASE_OPTIMIZER);
    weights_average(m->key.params, m->query.params, m->key.param_count, (float)momentum);
    phases_enter(s->phases, PHASE_FORWARD);
    graph_prepare(m->key_graph);
    graph_prepare(m->query_graph);
    for (int v = 0; v < VIEWS; v++) {
        compute_keys(m, s->batch, v);
        phases_enter(s->phases, PHASE_WAIT);
        exchange_gather(m->setup.world, m->keys[v] + first, own * sizeof(float), m->keys[v]);
        phases_enter(s->phases, PHASE_FORWARD);
    }
}

// Each query's own key is its positive, so it must not stand among the negatives too.
static void mask_own_keys(moco_v3 *m, int own)
{
    size_t total = (size_t)m->setup.order.batch, rows = (size_t)m->setup.view.n;
    size_t first = (size_t)(m->setup.workers.first + own) * rows;
    memset(m->own_masked, 0, rows * total * sizeof(float));
    for (size_t i = 0; i < rows; i++)
        m->own_masked[i * total + first + i] = -INFINITY;
}

// Queries of one view, keys of the other. statistics: overwritten.
static void run_direction(moco_v3 *m, const method_step *s, int own, int view,
                          const method_leaf *leaf, float *statistics)
{
    graph *g = m->query_graph;
    const float *keys = m->keys[1 - view];
    float share = (float)(2 * m->config->temperature / (double)m->setup.order.batch);
    phases_enter(s->phases, PHASE_FORWARD);
    graph_set_input(g, m->images, s->batch->views[view] + (size_t)own * shape_count(m->setup.view));
    graph_set_input(g, m->own_keys,
                    keys + (size_t)(m->setup.workers.first + own) * worker_key_floats(m));
    graph_set_input(g, m->all_keys, keys);
    graph_set_input(g, m->others, m->own_masked);
    graph_forward(g, true, m->energy, statistics);
    const float *energy = graph_value(g, m->energy);
    double sum = 0;
    for (int i = 0; i < m->setup.view.n; i++)
        sum += (double)energy[i];
    leaf->metrics[METRIC_LOSS] += (float)sum * share;
    leaf->metrics[METRIC_ACCURACY] +=
        statistics[m->accuracy_at] / (float)(m->setup.workers.total * VIEWS);
    phases_enter(s->phases, PHASE_BACKWARD);
    graph_backward(g, m->energy, share, leaf->gradient);
}

static void worker(void *state, const method_step *s, int own, const method_leaf *leaf)
{
    moco_v3 *m = state;
    mask_own_keys(m, own);
    run_direction(m, s, own, 0, leaf, leaf->statistics);
    run_direction(m, s, own, 1, leaf, m->statistics_beside);
    // Both passes count alike in the running statistics.
    weights_average(leaf->statistics, m->statistics_beside, m->query.statistic_count, 0.5f);
}

static void finish(void *state, const method_step *s)
{
    (void)state, (void)s;
}

static int views(const void *settings, view_slot slots[LOADER_MAX_VIEWS])
{
    (void)settings;
    for (int v = 0; v < VIEWS; v++)
        slots[v] = (view_slot){v, false};
    return VIEWS;
}

static size_t describe(void *state, checkpoint_array *arrays)
{
    moco_v3 *m = state;
    return weights_describe_params(&m->key, "key", m->key.params, arrays);
}

const method_type method_moco_v3 = {
    .name = "moco_v3",
    .help = "momentum contrast among the keys of the batch, with a predictor (MoCo v3)",
    .fields = fields,
    .config_size = sizeof(moco_v3_config),
    .metric_names = {"loss", "accuracy"},
    .views = views,
    .create = create,
    .begin = begin,
    .worker = worker,
    .finish = finish,
    .describe = describe,
    .destroy = destroy,
};
