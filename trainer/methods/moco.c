// trainer/methods/moco.c -- momentum contrast: a query finds its key among a queue of older keys.
//   E_i = -log( exp(q_i.k_i/T) / (exp(q_i.k_i/T) + sum_j exp(q_i.n_j/T)) ),  n the K queued keys
//   theta_k <- m theta_k + (1 - m) theta_q before the forward passes; no gradient through keys
//   source: He et al. 2019 (arXiv 1911.05722) alg. 1; head mlp, T and recipe of v2: 2003.04297
//
// The key views are dealt to other workers than the query views (shuffled batch norm), so a key's
// batch statistics are of other samples than its query's; only the keys travel, (batch, dim)
// floats. With one worker there is nothing to deal, and both are of the same samples.
// The negatives of a step are the queue before it; the queue is in order of batch positions, thus
// the same on any number of ranks.
#include "trainer/parts/momentum_contrast.h"

typedef struct moco_config {
    int64_t queue;
    double momentum, momentum_final, temperature;
    bool symmetric, shuffle, mask_same;
} moco_config;

static const config_field fields[] = {
    {"queue", FIELD_INT, offsetof(moco_config, queue), "65536", 1, 1e8, NULL,
     "negatives K; more than a tenth of the data set is too many; auto = at most a tenth, a power "
     "of 2"},
    {"momentum", FIELD_REAL, offsetof(moco_config, momentum), "0.999", 0, 1, NULL,
     "m of the key encoder's moving average; auto = 1 - 10 / steps of the run, 0.9 to 0.999"},
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
// 1, and queries of draw 1 with keys of draw 0.
static int direction_count(const moco_config *c)
{
    return c->symmetric ? 2 : 1;
}

// Queries come first among a batch's views.
static int views(const void *settings, view_slot slots[LOADER_MAX_VIEWS])
{
    const moco_config *c = settings;
    int directions = direction_count(c);
    for (int i = 0; i < 2 * directions; i++)
        slots[i] = (view_slot){i % 2, i >= directions && c->shuffle};
    return 2 * directions;
}

static status create(void *state, const method_setup *s, method_core *core)
{
    momentum_contrast *m = state;
    const moco_config *c = s->settings;
    int directions = direction_count(c), count = 3;
    core->model = &m->query;
    TRY(momentum_contrast_create(m, s, (uint64_t)c->queue));
    graph *g = m->query.graph;
    int inputs[4] = {encoder_embedding(g, &s->encoder, model_images(&m->query, 1))};
    inputs[1] = momentum_contrast_keys(m);
    inputs[2] = momentum_contrast_queue(m);
    if (c->mask_same) inputs[count++] = momentum_contrast_mask(m);
    int energy =
        graph_add(g, "info_nce", "energy", inputs, count, "{temperature: %.17g}", c->temperature);
    key_plan keys = {.passes = directions,
                     .slot = directions,
                     .shuffle = c->shuffle,
                     .momentum = c->momentum,
                     .momentum_final = c->momentum_final > 0 ? c->momentum_final : c->momentum};
    return momentum_contrast_complete(m, energy, 1, &keys);
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
    .state_size = sizeof(momentum_contrast),
    .metric_names = {"loss", "accuracy"},
    .views = views,
    .create = create,
    .begin = momentum_contrast_begin,
    .finish = momentum_contrast_finish,
    .describe = momentum_contrast_describe,
    .validate = momentum_contrast_validate,
    .destroy = momentum_contrast_destroy,
    .tell_idle = momentum_contrast_tell_idle,
    .contrast = contrast,
};
