// trainer/methods/moco.c -- momentum contrast: a query finds its key among a queue of older keys.
//   E_i = -log( exp(q_i.k_i/T) / (exp(q_i.k_i/T) + sum_j exp(q_i.n_j/T)) ),  n the K queued keys
//   theta_k <- m theta_k + (1 - m) theta_q before the forward passes; no gradient through keys
//   source: He et al. 2019 (arXiv 1911.05722) alg. 1; head mlp, T and recipe of v2: 2003.04297
//
// The key views are dealt to other workers than the query views (shuffled batch norm), so a query
// and its key never share batch statistics; only the keys travel, (batch, dim) floats.
// The negatives of a step are the queue before it; the queue is in order of batch positions, thus
// the same on any number of ranks.
#include "trainer/parts/energy_model.h"
#include "trainer/parts/key_encoder.h"
#include "trainer/parts/key_queue.h"

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

// One direction: the queries are draw 0, the keys draw 1. Both: queries of draw 0 with keys of draw
// 1, and queries of draw 1 with keys of draw 0. Queries come first among a batch's views.
enum { MAX_DIRECTIONS = 2 };

static int direction_count(const moco_config *c)
{
    return c->symmetric ? 2 : 1;
}

typedef struct moco {
    method_setup setup;
    const moco_config *config;
    int directions;
    energy_model query;
    int own_keys, negatives, masked; // inputs of the query's graph
    key_encoder key;
    key_queue queue;
    arena memory;
    float *keys[MAX_DIRECTIONS]; // (B, dim) of each key view, in the order of batch positions
    float *mask;                 // (group, b, K): -infinity at a query's own image, else 0; or NULL
} moco;

static status build_query(moco *m)
{
    const method_setup *s = &m->setup;
    int b = s->view.n, dim = s->encoder.head.dim, rows = (int)m->config->queue;
    TRY(energy_model_create(&m->query, s));
    graph *g = m->query.graph;
    int query = encoder_embedding(g, &s->encoder, m->query.images);
    m->own_keys = graph_input(g, "keys", (shape){b, dim, 1, 1}, false);
    m->negatives = graph_input(g, "negatives", (shape){rows, dim, 1, 1}, false);
    if (m->config->mask_same) m->masked = graph_input(g, "mask", (shape){b, rows, 1, 1}, false);
    int inputs[] = {query, m->own_keys, m->negatives, m->masked};
    int energy = graph_add(g, "info_nce", "energy", inputs, m->config->mask_same ? 4 : 3,
                           "{temperature: %.17g}", m->config->temperature);
    return energy_model_finish(&m->query, energy, m->directions, 1);
}

// Of one worker.
static size_t mask_floats(const moco *m)
{
    return (size_t)m->setup.view.n * (size_t)m->config->queue;
}

static status take_memory(moco *m)
{
    size_t keys = (size_t)m->setup.order.batch * (size_t)m->setup.encoder.head.dim * sizeof(float);
    size_t group = (size_t)method_group_size(&m->setup, m->query.graph);
    size_t mask = group * mask_floats(m) * sizeof(float);
    if (!m->config->mask_same) mask = 0;
    TRY(arena_create(&m->memory, (size_t)m->directions * arena_padded(keys) + arena_padded(mask),
                     "the keys"));
    for (int i = 0; i < m->directions; i++)
        m->keys[i] = arena_take(&m->memory, keys);
    if (m->config->mask_same) m->mask = arena_take(&m->memory, mask);
    return ST_OK;
}

static status create(void *state, const method_setup *setup, weights **learned)
{
    moco *m = state;
    m->setup = *setup;
    m->config = setup->settings;
    m->directions = direction_count(m->config);
    *learned = &m->query.weights;
    TRY(build_query(m));
    TRY(key_encoder_create(&m->key, &m->setup, &m->query.weights));
    TRY(key_queue_create(&m->queue, (uint64_t)m->config->queue, (uint64_t)setup->encoder.head.dim,
                         setup->seed));
    return take_memory(m);
}

static void destroy(void *state)
{
    moco *m = state;
    energy_model_destroy(&m->query);
    key_encoder_destroy(&m->key);
    key_queue_destroy(&m->queue);
    arena_destroy(&m->memory);
}

static void begin(void *state, const method_step *s)
{
    moco *m = state;
    const moco_config *c = m->config;
    double last = c->momentum_final > 0 ? c->momentum_final : c->momentum;
    key_encoder_follow(&m->key, s, &m->query.weights, c->momentum, last);
    graph_prepare(m->query.graph);
    for (int i = 0; i < m->directions; i++)
        key_encoder_keys(&m->key, s, m->directions + i, c->shuffle, m->keys[i]);
}

// Inputs of own worker `own`, member `member` of its group.
static void set_worker(moco *m, const method_step *s, int own, int member, int direction)
{
    graph *g = m->query.graph;
    // Queries of draw i look for the keys of the other draw.
    const float *keys = m->keys[m->directions - 1 - direction];
    graph_select_worker(g, member);
    graph_set_input(g, m->own_keys, key_encoder_own(&m->key, keys, own));
    graph_set_input(g, m->negatives, m->queue.keys);
    if (!m->config->mask_same) return;
    float *mask = m->mask + (size_t)member * mask_floats(m);
    const uint64_t *ids = s->batch->ids[direction] + (size_t)own * (size_t)m->setup.view.n;
    key_queue_mask(&m->queue, ids, m->setup.view.n, mask);
    graph_set_input(g, m->masked, mask);
}

static void run(void *state, const method_step *s, worker_group group, const method_leaf *leaves)
{
    moco *m = state;
    for (int i = 0; i < m->directions; i++) {
        phases_enter(s->phases, PHASE_FORWARD);
        for (int member = 0; member < group.count; member++)
            set_worker(m, s, group.first + member, member, i);
        energy_model_pass(&m->query, s, group, i, leaves);
    }
}

// The batch's keys, after all losses, replace the oldest.
static void finish(void *state, const method_step *s)
{
    moco *m = state;
    size_t dim = (size_t)m->setup.encoder.head.dim;
    for (int i = 0; i < m->directions; i++)
        for (uint64_t position = 0; position < m->setup.order.batch; position++)
            key_queue_add(&m->queue, m->keys[i] + position * dim,
                          order_sample(&m->setup.order, s->step, position));
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
    size_t count = key_encoder_describe(&m->key, arrays);
    return count + key_queue_describe(&m->queue, arrays != NULL ? arrays + count : NULL);
}

static void contrast(const void *settings, uint64_t samples, method_contrast *contrast)
{
    const moco_config *c = settings;
    int directions = direction_count(c);
    *contrast = (method_contrast){.negatives = (uint64_t)c->queue,
                                  .keys_a_step = samples * (uint64_t)directions,
                                  .momentum = c->momentum,
                                  .loss_scale = directions};
}

const method_type method_moco = {
    .name = "moco",
    .help = "momentum contrast with a queue of negatives (MoCo v1 and v2)",
    .fields = fields,
    .config_size = sizeof(moco_config),
    .state_size = sizeof(moco),
    .metric_names = {"loss", "accuracy"},
    .views = views,
    .create = create,
    .begin = begin,
    .run = run,
    .finish = finish,
    .describe = describe,
    .destroy = destroy,
    .contrast = contrast,
};
