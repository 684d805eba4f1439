// trainer/methods/simclr.c -- the two views of a sample find each other among all views of the
// batch.
//   z = g(f(x)) / |g(f(x))|;  E_i = nt_xent of view i among the 2B views of all workers
//   source: Chen et al. 2020 (arXiv 2002.05709) alg. 1; model.norm sync and model.head mlp_sync_bn
//   are its batch norm over all workers, T 0.5 its CIFAR-10 setting (B.9)
//
// A worker's batch is its first views, then its second views: batch norm sees both. Its views are
// the others' negatives, so gradients flow back to them from all workers' losses.
#include "trainer/parts/model.h"

typedef struct simclr_config {
    double temperature;
} simclr_config;

static const config_field fields[] = {{"temperature", FIELD_REAL,
                                       offsetof(simclr_config, temperature), "0.5", 1e-3, 100, NULL,
                                       "T, divides the similarities"},
                                      {0}};

enum { VIEWS = 2 };

static status create(void *state, const method_setup *s, method_core *core)
{
    model *m = core->model = state;
    const simclr_config *c = s->settings;
    TRY(model_create(m, s, true));
    graph *g = m->graph;
    int z = encoder_embedding(g, &s->encoder, model_images(m, VIEWS));
    int all = graph_chain(g, "gather", "views", z, "{}");
    int energy = graph_chain(g, "nt_xent", "energy", all, "{own: %d, temperature: %.17g}",
                             VIEWS * s->view.n, c->temperature);
    model_energy(m, energy, 1);
    return model_finish(m, 1);
}

static void destroy(void *state)
{
    model_destroy(state);
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
    .sections = SECTION_MODEL | SECTION_HEAD,
    .readouts = {"features"},
    .fields = fields,
    .config_size = sizeof(simclr_config),
    .state_size = sizeof(model),
    .metric_names = {"loss", "accuracy"},
    .views = method_two_views,
    .create = create,
    .destroy = destroy,
    .contrast = contrast,
};
