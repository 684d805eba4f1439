// trainer/methods/moco_v3.c -- momentum contrast without a queue: the negatives are the other keys
// of the batch, of all workers.
//   q = h(f(x)), k = f_k(x');  E = 2T sum over both directions of -log softmax_i(q_i.k / T)
//   theta_k <- m theta_k + (1 - m) theta_f before the forward passes; no gradient through keys
//   h: twice fc without bias and batch norm, ReLU between, no scale and shift at its end
//   source: Chen, Xie, He 2021 (arXiv 2104.02057) alg. 1; its projector for a ResNet is model.head
//   mlp_bn with head_layers 2, head_hidden 4096 and dim 256; predictor_hidden 4096
//   As in the source batch norm sees all samples with model.norm sync and model.head mlp_sync_bn.
#include "trainer/parts/energy_model.h"
#include "trainer/parts/key_encoder.h"

#include <math.h>
#include <string.h>

typedef struct moco_v3_config {
    int64_t predictor_hidden;
    double momentum, momentum_final, temperature;
} moco_v3_config;

static const config_field fields[] = {
    {"momentum", FIELD_REAL, offsetof(moco_v3_config, momentum), "0.99", 0, 1, NULL,
     "m of the key encoder's moving average"},
    {"momentum_final", FIELD_REAL, offsetof(moco_v3_config, momentum_final), "1", 0, 1, NULL,
     "m at the end of the run, approached as a cosine"},
    {"temperature", FIELD_REAL, offsetof(moco_v3_config, temperature), "1", 1e-3, 100, NULL,
     "T, divides the similarities"},
    {"predictor_hidden", FIELD_INT, offsetof(moco_v3_config, predictor_hidden), "0", 0, 65536, NULL,
     "units between the predictor's two layers; 0 = model.dim"},
    {0}};

enum { VIEWS = 2 };

// 2T keeps the gradient's size whatever the temperature.
static double pass_weight(const moco_v3_config *c)
{
    return 2 * c->temperature;
}

typedef struct moco_v3 {
    method_setup setup;
    const moco_v3_config *config;
    energy_model query;
    int own_keys, all_keys, masked; // inputs of the query's graph
    key_encoder key;
    arena memory;
    float *keys[VIEWS]; // (B, dim) of all workers, in the order of batch positions
    float *mask;        // (group, b, B): -infinity where a column is the row's own key, else 0
} moco_v3;

static status build_query(moco_v3 *m)
{
    const method_setup *s = &m->setup;
    int b = s->view.n, dim = s->encoder.head.dim, all = (int)s->order.batch;
    TRY(energy_model_create(&m->query, s));
    graph *g = m->query.graph;
    m->own_keys = graph_input(g, "keys", (shape){b, dim, 1, 1}, false);
    m->all_keys = graph_input(g, "negatives", (shape){all, dim, 1, 1}, false);
    m->masked = graph_input(g, "mask", (shape){b, all, 1, 1}, false);
    int projection = encoder_projection(g, &s->encoder, m->query.images);
    int hidden = m->config->predictor_hidden > 0 ? (int)m->config->predictor_hidden : dim;
    int query = encoder_prediction(g, &s->encoder, projection, hidden, true);
    int inputs[] = {query, m->own_keys, m->all_keys, m->masked};
    int energy = graph_add(g, "info_nce", "energy", inputs, 4, "{temperature: %.17g}",
                           m->config->temperature);
    return energy_model_finish(&m->query, energy, VIEWS, pass_weight(m->config));
}

// Of one worker.
static size_t mask_floats(const moco_v3 *m)
{
    return (size_t)m->setup.view.n * (size_t)m->setup.order.batch;
}

static status take_memory(moco_v3 *m)
{
    size_t all = (size_t)m->setup.order.batch;
    size_t keys = all * (size_t)m->setup.encoder.head.dim * sizeof(float);
    size_t group = (size_t)method_group_size(&m->setup, m->query.graph);
    size_t mask = group * mask_floats(m) * sizeof(float);
    TRY(arena_create(&m->memory, VIEWS * arena_padded(keys) + arena_padded(mask), "the keys"));
    for (int v = 0; v < VIEWS; v++)
        m->keys[v] = arena_take(&m->memory, keys);
    m->mask = arena_take(&m->memory, mask);
    return ST_OK;
}

static status create(void *state, const method_setup *setup, weights **learned)
{
    moco_v3 *m = state;
    m->setup = *setup;
    m->config = setup->settings;
    *learned = &m->query.weights;
    TRY(build_query(m));
    TRY(key_encoder_create(&m->key, &m->setup, &m->query.weights));
    return take_memory(m);
}

static void destroy(void *state)
{
    moco_v3 *m = state;
    energy_model_destroy(&m->query);
    key_encoder_destroy(&m->key);
    arena_destroy(&m->memory);
}

static void begin(void *state, const method_step *s)
{
    moco_v3 *m = state;
    key_encoder_follow(&m->key, s, &m->query.weights, m->config->momentum,
                       m->config->momentum_final);
    graph_prepare(m->query.graph);
    for (int v = 0; v < VIEWS; v++)
        key_encoder_keys(&m->key, s, v, false, m->keys[v]);
}

// Each query's own key is its positive, so it must not stand among the negatives too. mask (b, B).
static void mask_own_keys(const moco_v3 *m, int own, float *mask)
{
    size_t all = (size_t)m->setup.order.batch, rows = (size_t)m->setup.view.n;
    size_t first = (size_t)(m->setup.workers.first + own) * rows;
    memset(mask, 0, rows * all * sizeof(float));
    for (size_t i = 0; i < rows; i++)
        mask[i * all + first + i] = -INFINITY;
}

static void set_keys(moco_v3 *m, worker_group group, const float *keys)
{
    graph *g = m->query.graph;
    for (int i = 0; i < group.count; i++) {
        graph_select_worker(g, i);
        graph_set_input(g, m->own_keys, key_encoder_own(&m->key, keys, group.first + i));
        graph_set_input(g, m->all_keys, keys);
        graph_set_input(g, m->masked, m->mask + (size_t)i * mask_floats(m));
    }
}

static void run(void *state, const method_step *s, worker_group group, const method_leaf *leaves)
{
    moco_v3 *m = state;
    for (int i = 0; i < group.count; i++)
        mask_own_keys(m, group.first + i, m->mask + (size_t)i * mask_floats(m));
    for (int v = 0; v < VIEWS; v++) {
        set_keys(m, group, m->keys[1 - v]);
        energy_model_pass(&m->query, s, group, v, leaves);
    }
}

static size_t describe(void *state, checkpoint_array *arrays)
{
    moco_v3 *m = state;
    return key_encoder_describe(&m->key, arrays);
}

static void contrast(const void *settings, uint64_t samples, method_contrast *contrast)
{
    const moco_v3_config *c = settings;
    *contrast = (method_contrast){
        .negatives = samples - 1, .momentum = c->momentum, .loss_scale = VIEWS * pass_weight(c)};
}

const method_type method_moco_v3 = {
    .name = "moco_v3",
    .help = "momentum contrast among the keys of the batch, with a predictor (MoCo v3)",
    .fields = fields,
    .config_size = sizeof(moco_v3_config),
    .state_size = sizeof(moco_v3),
    .metric_names = {"loss", "accuracy"},
    .views = method_two_views,
    .create = create,
    .begin = begin,
    .run = run,
    .describe = describe,
    .destroy = destroy,
    .contrast = contrast,
};
