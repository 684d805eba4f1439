// trainer/methods/simsiam.c -- each view predicts the other's embedding; nothing flows to targets.
//   z = f(x), p = h(z);  E = -(cos(p1, z2) + cos(p2, z1)) / 2,  no gradient through z as target
//   h: fc without bias, batch norm, ReLU, fc
//   source: Chen & He 2020 (arXiv 2011.10566) alg. 1; its projector is model.head mlp_bn with
//   head_layers 3, for CIFAR-10 2
//   As in the source batch norm sees all samples with model.norm sync and model.head mlp_sync_bn.
//
// No negatives, no momentum encoder, nothing between workers: a step forgets all but the weights.
#include "trainer/parts/model.h"

typedef struct simsiam_config {
    int64_t predictor_hidden;
} simsiam_config;

static const config_field fields[] = {
    {"predictor_hidden", FIELD_INT, offsetof(simsiam_config, predictor_hidden), "0", 0, 65536, NULL,
     "units between the predictor's two layers; 0 = a quarter of model.dim"},
    {0}};

enum { VIEWS = 2 };

typedef struct simsiam {
    model model;
    int embedding; // its tensor
    arena memory;
    float *targets[VIEWS]; // (B, dim) of pass i: embeddings of the other view
} simsiam;

static status take_memory(simsiam *m, const method_setup *s)
{
    size_t rows = (size_t)s->order.batch * (size_t)s->encoder.head.dim * sizeof(float);
    TRY(arena_create(&m->memory, VIEWS * arena_padded(rows), "the targets"));
    for (int v = 0; v < VIEWS; v++)
        m->targets[v] = arena_take(&m->memory, rows);
    return ST_OK;
}

static status create(void *state, const method_setup *s, method_core *core)
{
    simsiam *m = state;
    const simsiam_config *c = s->settings;
    int dim = s->encoder.head.dim, hidden = (int)c->predictor_hidden;
    if (hidden == 0) hidden = dim >= 8 ? dim / 4 : dim;
    core->model = &m->model;
    TRY(take_memory(m, s));
    TRY(model_create(&m->model, s, true));
    graph *g = m->model.graph;
    int projection = encoder_projection(g, &s->encoder, model_images(&m->model, 1));
    m->embedding = graph_chain(g, "l2_normalise", "normalise", projection, "{}");
    graph_keep(g, m->embedding);
    int inputs[] = {encoder_prediction(g, &s->encoder, projection, hidden, false),
                    model_rows(&m->model, "target", (shape){s->view.n, dim, 1, 1}, m->targets)};
    model_energy(&m->model, graph_add(g, "cosine", "energy", inputs, 2, "{}"), 1.0 / VIEWS);
    return model_finish(&m->model, VIEWS);
}

static void destroy(void *state)
{
    simsiam *m = state;
    model_destroy(&m->model);
    arena_destroy(&m->memory);
}

static void run(void *state, const method_step *s, worker_group group, const method_leaf *leaves)
{
    simsiam *m = state;
    for (int view = 0; view < VIEWS; view++)
        model_embed(&m->model, s, group, view, m->embedding, m->targets[1 - view]);
    model_run(&m->model, s, group, leaves);
}

const method_type method_simsiam = {
    .name = "simsiam",
    .help = "each view predicts the other, without negatives (SimSiam)",
    .sections = SECTION_MODEL | SECTION_HEAD,
    .readouts = {"features"},
    .fields = fields,
    .config_size = sizeof(simsiam_config),
    .state_size = sizeof(simsiam),
    .metric_names = {"loss"},
    .views = method_two_views,
    .create = create,
    .run = run,
    .destroy = destroy,
};
