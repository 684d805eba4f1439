// trainer/methods/vicreg.c -- two views of a sample agree, and their features vary without telling
// the same twice: no negatives, no second net.
//   z = h(f(x));  E = invariance mean (z1 - z2)^2
//                   + sum over both views of  std / d sum_j max(0, 1 - sqrt(C_jj + 1e-4))
//                                           + cov / (d (d - 1)) sum_{i != j} C_ij^2
//   C: covariance of a view's features over the samples of all workers
//   source: Bardes, Ponce, LeCun 2022 (arXiv 2105.04906); weights and means as EB-JEPA (2602.03604)
// A worker's batch is its first views, then its second views: batch norm sees both.
#include "trainer/parts/model.h"

typedef struct vicreg_config {
    double invariance, std, cov;
} vicreg_config;

static const config_field fields[] = {
    {"invariance", FIELD_REAL, offsetof(vicreg_config, invariance), "1", 0, 1e6, NULL,
     "weight of the mean squared difference of the two views"},
    {"std", FIELD_REAL, offsetof(vicreg_config, std), "1", 0, 1e6, NULL,
     "weight of the hinge that keeps each feature's deviation above 1"},
    {"cov", FIELD_REAL, offsetof(vicreg_config, cov), "80", 0, 1e6, NULL,
     "weight of the mean squared covariance of two features"},
    {0}};

enum { VIEWS = 2 };

static status create(void *state, const method_setup *s, method_core *core)
{
    model *m = core->model = state;
    const vicreg_config *c = s->settings;
    TRY(model_create(m, s, true));
    graph *g = m->graph;
    int z = encoder_projection(g, &s->encoder, model_images(m, VIEWS));
    int centred = graph_chain(g, "centre", "centre", z, "{views: %d}", VIEWS);
    int apart = graph_chain(g, "view_distance", "invariance", z, "{views: %d}", VIEWS);
    int spread = graph_chain(g, "variance_covariance", "spread", centred,
                             "{views: %d, std: %.17g, cov: %.17g}", VIEWS, c->std, c->cov);
    // Two views lie from their mean at half their distance.
    model_energy(m, apart, 4 * c->invariance);
    model_energy(m, spread, 1);
    model_metric(m, "invariance", apart);
    return model_finish(m, 1);
}

// The hinge of a deviation of 0, where 1e-4 is added to the variance.
static double one_point(const void *settings, uint64_t samples, const char **name)
{
    (void)settings, (void)samples;
    *name = "std";
    return VIEWS * (1 - 0.01);
}

static void destroy(void *state)
{
    model_destroy(state);
}

const method_type method_vicreg = {
    .name = "vicreg",
    .help = "two views agree, features vary and differ from each other (VICReg)",
    .sections = SECTION_MODEL | SECTION_HEAD,
    .readouts = {"features"},
    .fields = fields,
    .config_size = sizeof(vicreg_config),
    .state_size = sizeof(model),
    .metric_names = {"loss", "invariance", "std", "cov"},
    .views = method_two_views,
    .create = create,
    .one_point = one_point,
    .destroy = destroy,
};
