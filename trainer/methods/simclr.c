// trainer/methods/simclr.c -- the two views of a sample find each other among all views of the batch.
//   z = g(f(x)) / |g(f(x))|;  E_i = nt_xent of view i among the 2B views of all workers
//   source: Chen et al. 2020 (arXiv 2002.05709) alg. 1; model.norm sync and model.head mlp_sync_bn are
//   its batch norm over all workers, T 0.5 its CIFAR-10 setting (B.9)
//
// A worker's batch is its first views, then its second views: batch norm sees both. Its views are the
// others' negatives, so gradients flow back to them from all workers' losses.
#include "trainer/method.h"

#include "base/arena.h"

#include <string.h>

typedef struct simclr_config {
    double temperature;
} simclr_config;

static const config_field fields[] = {{"temperature", FIELD_REAL,
                                       offsetof(simclr_config, temperature), "0.5", 1e-3, 100, NULL,
                                       "T, divides the similarities"},
                                      {0}};

enum { METRIC_LOSS, METRIC_ACCURACY };
enum { VIEWS = 2 };

typedef struct simclr {
    method_setup setup;
    const simclr_config *config;
    graph *graph;
    weights weights;
    int images, energy; // tensors
    size_t accuracy_at; // in the statistics
    arena memory;
    float *views;                    // (own workers, 2 b, C, H, W)
    float **gradients, **statistics; // (own workers) of this step's leaves
} simclr;

static size_t view_floats(const simclr *m)
{
    return shape_count(m->setup.view);
}

static status build_graph(simclr *m)
{
    const method_setup *s = &m->setup;
    shape both = s->view;
    both.n *= VIEWS;
    TRY(graph_create(&m->graph, true));
    graph *g = m->graph;
    graph_join(g, s->team);
    m->images = graph_input(g, "images", both, false);
    int z = graph_chain(g, "gather", "views", encoder_embedding(g, &s->encoder, m->images), "{}");
    m->energy = graph_chain(g, "nt_xent", "energy", z, "{own: %d, temperature: %.17g}", both.n,
                            m->config->temperature);
    graph_keep(g, m->energy);
    TRY(graph_plan(g));
    for (int i = 0; graph_statistic_at(g, i) != NULL; i++)
        if (strcmp(graph_statistic_at(g, i)->name, "energy.accuracy") == 0)
            m->accuracy_at = graph_statistic_at(g, i)->offset;
    TRY(weights_create(&m->weights, g));
    graph_initialise(g, s->seed, m->weights.params, m->weights.statistics);
    return ST_OK;
}

static status build(simclr *m)
{
    TRY(build_graph(m));
    size_t own = (size_t)m->setup.workers.count;
    size_t views = own * VIEWS * view_floats(m) * sizeof *m->views;
    size_t pointers = own * sizeof *m->gradients;
    TRY(arena_create(&m->memory, arena_padded(views) + 2 * arena_padded(pointers), "the views"));
    m->views = arena_take(&m->memory, views);
    m->gradients = arena_take(&m->memory, pointers);
    m->statistics = arena_take(&m->memory, pointers);
    return ST_OK;
}

static void destroy(void *state)
{
    simclr *m = state;
    weights_destroy(&m->weights);
    graph_destroy(m->graph);
    arena_destroy(&m->memory);
}

static status create(void *state, const method_setup *setup, weights **learned)
{
    simclr *m = state;
    m->setup = *setup;
    m->config = setup->settings;
    *learned = &m->weights;
    return build(m);
}

static void begin(void *state, const method_step *s)
{
    simclr *m = state;
    phases_enter(s->phases, PHASE_FORWARD);
    graph_prepare(m->graph);
}

// Both views of an own worker become one batch.
static void set_views(simclr *m, const method_step *s, int own)
{
    size_t floats = view_floats(m);
    float *both = m->views + (size_t)own * VIEWS * floats;
    for (size_t v = 0; v < VIEWS; v++)
        memcpy(both + v * floats, method_view(&m->setup, s, (int)v, own), floats * sizeof *both);
    graph_select_worker(m->graph, own);
    graph_set_input(m->graph, m->images, both);
}

// This worker's share of the means over all views of the batch.
static void measure(simclr *m, int own, float share, const method_leaf *leaf)
{
    graph_select_worker(m->graph, own);
    const float *energy = graph_value(m->graph, m->energy);
    double sum = 0;
    for (int i = 0; i < VIEWS * m->setup.view.n; i++)
        sum += (double)energy[i];
    leaf->metrics[METRIC_LOSS] = (float)sum * share;
    leaf->metrics[METRIC_ACCURACY] =
        leaf->statistics[m->accuracy_at] / (float)m->setup.workers.total;
}

static void run(void *state, const method_step *s, worker_group group, const method_leaf *leaves)
{
    simclr *m = state;
    float share = 1.0f / (float)(VIEWS * m->setup.order.batch);
    phases_enter(s->phases, PHASE_FORWARD);
    for (int own = 0; own < group.count; own++) {
        set_views(m, s, own);
        m->gradients[own] = leaves[own].gradient;
        m->statistics[own] = leaves[own].statistics;
    }
    graph_forward_team(m->graph, true, m->energy, m->statistics);
    for (int own = 0; own < group.count; own++)
        measure(m, own, share, &leaves[own]);
    phases_enter(s->phases, PHASE_BACKWARD);
    graph_backward_team(m->graph, m->energy, share, m->gradients);
}

// A view's partner among the 2B - 2 views of other samples.
static void contrast(const void *settings, uint64_t samples, method_contrast *contrast)
{
    (void)settings;
    *contrast = (method_contrast){.negatives = VIEWS * samples - VIEWS, .loss_scale = 1};
}

const method_type method_simclr = {
    .name = "simclr",
    .help = "two views find each other among all views of the batch (SimCLR)",
    .fields = fields,
    .config_size = sizeof(simclr_config),
    .state_size = sizeof(simclr),
    .metric_names = {"loss", "accuracy"},
    .views = method_two_views,
    .create = create,
    .begin = begin,
    .run = run,
    .destroy = destroy,
    .contrast = contrast,
};
