// trainer/methods/simsiam.c -- each view predicts the other's embedding; nothing flows to targets.
//   z = f(x), p = h(z);  E = -(cos(p1, z2) + cos(p2, z1)) / 2,  no gradient through z as target
//   h: fc, batch norm, ReLU, fc with a quarter of z's dimension between
//   source: Chen & He 2020 (arXiv 2011.10566) alg. 1; model.head mlp_bn is its kind of projector
//
// No negatives, no momentum encoder, nothing between workers: a step forgets all but the weights.
#include "trainer/method.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

static const config_field fields[] = {{0}};

enum { VIEWS = 2 };

typedef struct simsiam {
    method_setup setup;
    graph *graph;
    weights weights;
    int images, target, embedding, energy; // tensors
    arena memory;
    float *targets[VIEWS];    // (b, dim) of one worker
    float *statistics_beside; // of the second view, before the mean
} simsiam;

static status build(simsiam *m)
{
    const method_setup *s = &m->setup;
    int dim = s->encoder.dim;
    TRY(graph_create(&m->graph, true));
    graph *g = m->graph;
    m->images = graph_input(g, "images", s->view, false);
    m->target = graph_input(g, "target", (shape){s->view.n, dim, 1, 1}, false);
    int projection = encoder_projection(g, &s->encoder, m->images);
    m->embedding = graph_chain(g, "l2_normalise", "normalise", projection, "{}");
    int inputs[] = {encoder_prediction(g, &s->encoder, projection, dim >= 8 ? dim / 4 : dim),
                    m->target};
    m->energy = graph_add(g, "cosine", "energy", inputs, 2, "{}");
    graph_keep(g, m->embedding);
    graph_keep(g, m->energy);
    TRY(graph_plan(g));
    TRY(weights_create(&m->weights, g));
    graph_initialise(g, s->seed, m->weights.params, m->weights.statistics);
    size_t target = (size_t)s->view.n * (size_t)dim * sizeof(float);
    size_t statistics = m->weights.statistic_count * sizeof(float);
    TRY(arena_create(&m->memory, VIEWS * arena_padded(target) + arena_padded(statistics),
                     "the targets"));
    for (int v = 0; v < VIEWS; v++)
        m->targets[v] = arena_take(&m->memory, target);
    m->statistics_beside = arena_take(&m->memory, statistics);
    return ST_OK;
}

static void destroy(void *state)
{
    simsiam *m = state;
    if (m == NULL) return;
    weights_destroy(&m->weights);
    graph_destroy(m->graph);
    arena_destroy(&m->memory);
    free(m);
}

static status create(void **state, const method_setup *setup, weights **learned)
{
    simsiam *m = calloc(1, sizeof *m);
    CHECK(m != NULL, ST_INTERNAL, "no memory for SimSiam");
    m->setup = *setup;
    status s = build(m);
    if (s != ST_OK) {
        destroy(m);
        return s;
    }
    *state = m;
    *learned = &m->weights;
    return ST_OK;
}

static void begin(void *state, const method_step *s)
{
    simsiam *m = state;
    phases_enter(s->phases, PHASE_FORWARD);
    graph_prepare(m->graph);
}

static void set_view(simsiam *m, const method_step *s, int own, int view)
{
    graph_set_input(m->graph, m->images,
                    s->batch->views[view] + (size_t)own * shape_count(m->setup.view));
}

static void compute_target(simsiam *m, const method_step *s, int own, int view)
{
    set_view(m, s, own, view);
    graph_forward(m->graph, true, m->embedding, NULL);
    memcpy(m->targets[view], graph_value(m->graph, m->embedding),
           (size_t)m->setup.view.n * (size_t)m->setup.encoder.dim * sizeof(float));
}

// One view predicts the other. statistics: overwritten.
static void predict(simsiam *m, const method_step *s, int own, int view, const method_leaf *leaf,
                    float *statistics)
{
    float share = 1.0f / (float)(VIEWS * m->setup.order.batch);
    phases_enter(s->phases, PHASE_FORWARD);
    set_view(m, s, own, view);
    graph_set_input(m->graph, m->target, m->targets[1 - view]);
    graph_forward(m->graph, true, m->energy, statistics);
    const float *energy = graph_value(m->graph, m->energy);
    double sum = 0;
    for (int i = 0; i < m->setup.view.n; i++)
        sum += (double)energy[i];
    leaf->metrics[0] += (float)sum * share;
    phases_enter(s->phases, PHASE_BACKWARD);
    graph_backward(m->graph, m->energy, share, leaf->gradient);
}

static void worker(void *state, const method_step *s, int own, const method_leaf *leaf)
{
    simsiam *m = state;
    phases_enter(s->phases, PHASE_FORWARD);
    for (int view = 0; view < VIEWS; view++)
        compute_target(m, s, own, view);
    predict(m, s, own, 0, leaf, leaf->statistics);
    predict(m, s, own, 1, leaf, m->statistics_beside);
    // Both passes count alike in the running statistics.
    weights_average(leaf->statistics, m->statistics_beside, m->weights.statistic_count, 0.5f);
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
    (void)state, (void)arrays;
    return 0;
}

const method_type method_simsiam = {
    .name = "simsiam",
    .help = "each view predicts the other, without negatives (SimSiam)",
    .fields = fields,
    .config_size = 0,
    .metric_names = {"loss"},
    .views = views,
    .create = create,
    .begin = begin,
    .worker = worker,
    .finish = finish,
    .describe = describe,
    .destroy = destroy,
};
