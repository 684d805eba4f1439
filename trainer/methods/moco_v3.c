// trainer/methods/moco_v3.c -- momentum contrast without a queue: the negatives are the other keys
// of the batch, of all workers.
//   q = h(f(x)), k = f_k(x');  E = 2T sum over both directions of -log softmax_i(q_i.k / T)
//   theta_k <- m theta_k + (1 - m) theta_f before the forward passes; no gradient through keys
//   h: twice fc without bias and batch norm, ReLU between, no scale and shift at its end
//   source: Chen, Xie, He 2021 (arXiv 2104.02057) alg. 1; its projector for a ResNet is model.head
//   mlp_bn with head_layers 2, head_hidden 4096 and dim 256; predictor_hidden 4096
//   As in the source batch norm sees all samples with model.norm sync and model.head mlp_sync_bn.
#include "trainer/parts/momentum_contrast.h"

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

// Each query's own key is its positive, so it must not stand among the negatives too. mask (b, B).
static void mask_own_keys(const void *state, const model_moment *at, float *mask)
{
    (void)state;
    const method_setup *s = at->setup;
    size_t all = (size_t)s->order.batch, rows = (size_t)s->view.n;
    size_t first = (size_t)(s->workers.first + at->own) * rows;
    memset(mask, 0, rows * all * sizeof *mask);
    for (size_t i = 0; i < rows; i++)
        mask[i * all + first + i] = -INFINITY;
}

static status create(void *state, const method_setup *s, method_core *core)
{
    momentum_contrast *m = state;
    const moco_v3_config *c = s->settings;
    int b = s->view.n, dim = s->encoder.head.dim, all = (int)s->order.batch;
    int hidden = c->predictor_hidden > 0 ? (int)c->predictor_hidden : dim;
    core->model = &m->query;
    TRY(momentum_contrast_create(m, s, 0));
    graph *g = m->query.graph;
    int projection = encoder_projection(g, &s->encoder, model_images(&m->query, 1));
    int inputs[] = {encoder_prediction(g, &s->encoder, projection, hidden, true),
                    momentum_contrast_keys(m), momentum_contrast_batch_keys(m),
                    model_filled(&m->query, "mask", (shape){b, all, 1, 1}, mask_own_keys, NULL)};
    int energy =
        graph_add(g, "info_nce", "energy", inputs, 4, "{temperature: %.17g}", c->temperature);
    key_plan keys = {.passes = VIEWS, .momentum = c->momentum, .momentum_final = c->momentum_final};
    return momentum_contrast_complete(m, energy, pass_weight(c), &keys);
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
    .sections = SECTION_MODEL | SECTION_HEAD,
    .readouts = {"features"},
    .fields = fields,
    .config_size = sizeof(moco_v3_config),
    .state_size = sizeof(momentum_contrast),
    .metric_names = {"loss", "accuracy"},
    .views = method_two_views,
    .create = create,
    .begin = momentum_contrast_begin,
    .describe = momentum_contrast_describe,
    .destroy = momentum_contrast_destroy,
    .contrast = contrast,
};
