// trainer/methods/simsiam.c -- each view predicts the other's embedding; nothing flows to targets.
//   z = f(x), p = h(z);  E = -(cos(p1, z2) + cos(p2, z1)) / 2,  no gradient through z as target
//   h: fc without bias, batch norm, ReLU, fc
//   source: Chen & He 2020 (arXiv 2011.10566) alg. 1; its projector is model.head mlp_bn with
//   head_layers 3, for CIFAR-10 2
//   As in the source batch norm sees all samples with model.norm sync and model.head mlp_sync_bn.
//
// No negatives, no momentum encoder, nothing between workers: a step forgets all but the weights.
#include "trainer/parts/energy_model.h"

#include <string.h>

typedef struct simsiam_config {
    int64_t predictor_hidden;
} simsiam_config;

static const config_field fields[] = {
    {"predictor_hidden", FIELD_INT, offsetof(simsiam_config, predictor_hidden), "0", 0, 65536, NULL,
     "units between the predictor's two layers; 0 = a quarter of model.dim"},
    {0}};

enum { VIEWS = 2 };

typedef struct simsiam {
    method_setup setup;
    energy_model model;
    int target, embedding; // tensors of its graph
    arena memory;
    float *targets[VIEWS]; // (group, b, dim)
} simsiam;

// Of one worker.
static size_t target_floats(const simsiam *m)
{
    return (size_t)m->setup.view.n * (size_t)m->setup.encoder.head.dim;
}

static status take_memory(simsiam *m)
{
    size_t group = (size_t)method_group_size(&m->setup, m->model.graph);
    size_t bytes = group * target_floats(m) * sizeof(float);
    TRY(arena_create(&m->memory, VIEWS * arena_padded(bytes), "the targets"));
    for (int v = 0; v < VIEWS; v++)
        m->targets[v] = arena_take(&m->memory, bytes);
    return ST_OK;
}

static status create(void *state, const method_setup *setup, weights **learned)
{
    simsiam *m = state;
    const encoder *parts = &setup->encoder;
    const simsiam_config *c = setup->settings;
    int dim = parts->head.dim, hidden = (int)c->predictor_hidden;
    if (hidden == 0) hidden = dim >= 8 ? dim / 4 : dim;
    m->setup = *setup;
    *learned = &m->model.weights;
    TRY(energy_model_create(&m->model, &m->setup));
    graph *g = m->model.graph;
    m->target = graph_input(g, "target", (shape){setup->view.n, dim, 1, 1}, false);
    int projection = encoder_projection(g, parts, m->model.images);
    m->embedding = graph_chain(g, "l2_normalise", "normalise", projection, "{}");
    graph_keep(g, m->embedding);
    int prediction = encoder_prediction(g, parts, projection, hidden, false);
    int inputs[] = {prediction, m->target};
    int energy = graph_add(g, "cosine", "energy", inputs, 2, "{}");
    TRY(energy_model_finish(&m->model, energy, VIEWS, 1.0 / VIEWS));
    return take_memory(m);
}

static void destroy(void *state)
{
    simsiam *m = state;
    energy_model_destroy(&m->model);
    arena_destroy(&m->memory);
}

static void begin(void *state, const method_step *s)
{
    simsiam *m = state;
    phases_enter(s->phases, PHASE_FORWARD);
    graph_prepare(m->model.graph);
}

static void compute_targets(simsiam *m, const method_step *s, worker_group group, int view)
{
    graph *g = m->model.graph;
    for (int i = 0; i < group.count; i++) {
        graph_select_worker(g, i);
        graph_set_input(g, m->model.images, method_view(&m->setup, s, view, group.first + i));
    }
    graph_forward_team(g, true, m->embedding, NULL);
    for (int i = 0; i < group.count; i++) {
        graph_select_worker(g, i);
        memcpy(m->targets[view] + (size_t)i * target_floats(m), graph_value(g, m->embedding),
               target_floats(m) * sizeof(float));
    }
}

static void run(void *state, const method_step *s, worker_group group, const method_leaf *leaves)
{
    simsiam *m = state;
    phases_enter(s->phases, PHASE_FORWARD);
    for (int view = 0; view < VIEWS; view++)
        compute_targets(m, s, group, view);
    for (int view = 0; view < VIEWS; view++) {
        for (int i = 0; i < group.count; i++) {
            graph_select_worker(m->model.graph, i);
            graph_set_input(m->model.graph, m->target,
                            m->targets[1 - view] + (size_t)i * target_floats(m));
        }
        energy_model_pass(&m->model, s, group, view, leaves);
    }
}

const method_type method_simsiam = {
    .name = "simsiam",
    .help = "each view predicts the other, without negatives (SimSiam)",
    .fields = fields,
    .config_size = sizeof(simsiam_config),
    .state_size = sizeof(simsiam),
    .metric_names = {"loss"},
    .views = method_two_views,
    .create = create,
    .begin = begin,
    .run = run,
    .destroy = destroy,
};
