// trainer/methods/moco.c -- momentum contrast: a query finds its key among a queue of older keys.
//   E_i = -log( exp(q_i.k_i/T) / (exp(q_i.k_i/T) + sum_j exp(q_i.n_j/T)) ),  n the K queued keys
//   theta_k <- m theta_k + (1 - m) theta_q before the forward passes; no gradient through keys
//   source: He et al. 2019 (arXiv 1911.05722) alg. 1; head mlp, T and recipe of v2: 2003.04297
//
// The key views are dealt to other workers than the query views (shuffled batch norm), so a key's
// batch statistics are of other samples than its query's; only the keys travel, (batch, dim) floats.
// With one worker there is nothing to deal, and both are of the same samples.
// The negatives of a step are the queue before it; the queue is in order of batch positions, thus
// the same on any number of ranks.
#include "base/log.h"
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
     "negatives of the query's own image, with data.patches of all its samples, do not count"},
    {0}};

// One direction: the queries are draw 0, the keys draw 1. Both: queries of draw 0 with keys of draw
// 1, and queries of draw 1 with keys of draw 0. Queries come first among a batch's views.
enum { MAX_DIRECTIONS = 2 };

static int direction_count(const moco_config *c)
{
    return c->symmetric ? 2 : 1;
}

typedef struct moco {
    const moco_config *config;
    model query;
    key_encoder key;
    key_queue queue;
    float *negatives[MAX_DIRECTIONS]; // the queue's, in each pass
} moco;

static void mask_same(const void *state, const model_moment *at, float *mask)
{
    int b = at->setup->view.n;
    const uint64_t *ids = at->step->batch->ids[at->pass] + (size_t)at->own * (size_t)b;
    key_queue_mask(&((const moco *)state)->queue, ids, b, at->setup->patches, mask);
}

static status build_query(moco *m, const method_setup *s)
{
    int b = s->view.n, dim = s->encoder.head.dim, rows = (int)m->config->queue, count = 3;
    TRY(model_create(&m->query, s, true));
    graph *g = m->query.graph;
    int inputs[4] = {encoder_embedding(g, &s->encoder, model_images(&m->query, 1))};
    inputs[1] = model_rows(&m->query, "keys", (shape){b, dim, 1, 1}, m->key.keys);
    inputs[2] = model_shared(&m->query, "negatives", (shape){rows, dim, 1, 1}, m->negatives);
    if (m->config->mask_same)
        inputs[count++] = model_filled(&m->query, "mask", (shape){b, rows, 1, 1}, mask_same, m);
    int energy = graph_add(g, "info_nce", "energy", inputs, count, "{temperature: %.17g}",
                           m->config->temperature);
    model_energy(&m->query, energy, 1);
    return model_finish(&m->query, direction_count(m->config));
}

static status create(void *state, const method_setup *s, method_core *core)
{
    moco *m = state;
    const moco_config *c = m->config = s->settings;
    core->model = &m->query;
    TRY(key_queue_create(&m->queue, (uint64_t)c->queue, (uint64_t)s->encoder.head.dim, s->seed));
    for (int i = 0; i < MAX_DIRECTIONS; i++)
        m->negatives[i] = m->queue.keys;
    TRY(build_query(m, s));
    key_plan keys = {.passes = direction_count(c),
                     .slot = direction_count(c),
                     .shuffle = c->shuffle,
                     .momentum = c->momentum,
                     .momentum_final = c->momentum_final > 0 ? c->momentum_final : c->momentum};
    return key_encoder_create(&m->key, &m->query, &keys);
}

static void destroy(void *state)
{
    moco *m = state;
    model_destroy(&m->query);
    key_encoder_destroy(&m->key);
    key_queue_destroy(&m->queue);
}

static void begin(void *state, const method_step *s)
{
    key_encoder_begin(&((moco *)state)->key, s);
}

// The batch's keys, after all losses, replace the oldest.
static void finish(void *state, const method_step *s)
{
    moco *m = state;
    const method_setup *setup = m->query.setup;
    size_t dim = (size_t)setup->encoder.head.dim;
    for (int draw = 0; draw < direction_count(m->config); draw++)
        for (uint64_t position = 0; position < setup->order.batch; position++)
            key_queue_add(&m->queue, key_encoder_of_draw(&m->key, draw) + position * dim,
                          order_sample(&setup->order, s->step, position));
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

static status validate(const void *state)
{
    return key_queue_validate(&((const moco *)state)->queue);
}

static void tell_idle(const void *state, const view_variety *views)
{
    (void)views;
    const moco *m = state;
    const graph *g = m->query.graph;
    if (!m->config->shuffle || graph_statistic_count(g) == 0) return;
    if (m->query.setup->workers.total == 1)
        log_warn(
            "method.shuffle has no effect here: workers: 1 leaves no other worker to deal keys "
            "to, so batch norm sees a query's samples and its key's alike and may give it "
            "away; take workers: 2 or more, or model.norm group");
    else if (graph_meets(g))
        log_warn("method.shuffle has no effect here: batch norm sees the samples of all workers, "
                 "however they are dealt");
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
    .sections = SECTION_MODEL | SECTION_HEAD,
    .readouts = {"features"},
    .fields = fields,
    .config_size = sizeof(moco_config),
    .state_size = sizeof(moco),
    .metric_names = {"loss", "accuracy"},
    .views = views,
    .create = create,
    .begin = begin,
    .finish = finish,
    .describe = describe,
    .validate = validate,
    .destroy = destroy,
    .tell_idle = tell_idle,
    .contrast = contrast,
};
