// trainer/methods/sigreg.c -- the views of a sample agree, and all embeddings together look like a
// standard normal along random directions (SIGReg).
//   z = h(f(x));  form lejepa:  E = (1 - lambda) mean (z_v - mean view)^2 + lambda S
//                 form eb_jepa: E = mean (z1 - z2)^2 + lambda S
//   S: the Epps-Pulley statistic of z a, mean over unit directions a, new in each step, and views
//   (models/energies/epps_pulley.c, which has both forms)
//   source: Balestriero & LeCun 2025 (arXiv 2511.08544); EB-JEPA (arXiv 2602.03604)
// Workers exchange 2 floats a point, direction and view, however large the embedding.
#include "trainer/parts/noise.h"

enum { LEJEPA, EB_JEPA };

typedef struct sigreg_config {
    int form; // LEJEPA | EB_JEPA
    double lambda;
    int64_t directions, views;
} sigreg_config;

static const config_field fields[] = {
    {"form", FIELD_CHOICE, offsetof(sigreg_config, form), "lejepa", 0, 0, "lejepa|eb_jepa",
     "of the statistic and the loss: as LeJEPA's page or EB-JEPA's have them"},
    {"lambda", FIELD_REAL, offsetof(sigreg_config, lambda), "0.02", 0, 1e6, NULL,
     "weight of the statistic; LeJEPA 0.02, EB-JEPA 10"},
    {"directions", FIELD_INT, offsetof(sigreg_config, directions), "256", 1, 65536, NULL,
     "random directions of a step"},
    {"views", FIELD_INT, offsetof(sigreg_config, views), "2", 2, LOADER_MAX_VIEWS, NULL,
     "of each sample"},
    {0}};

static int views(const void *settings, view_slot slots[LOADER_MAX_VIEWS])
{
    int count = (int)((const sigreg_config *)settings)->views;
    for (int i = 0; i < count; i++)
        slots[i] = (view_slot){i, false};
    return count;
}

static status create(void *state, const method_setup *s, method_core *core)
{
    model *m = core->model = state;
    const sigreg_config *c = s->settings;
    bool lejepa = c->form == LEJEPA;
    int count = (int)c->views;
    CHECK(lejepa || count == 2, ST_CONFIG,
          "method.views: form eb_jepa compares two views, not %d; take 2, or form lejepa", count);
    TRY(model_create(m, s, true));
    graph *g = m->graph;
    int z = encoder_projection(g, &s->encoder, model_images(m, count));
    int inputs[] = {z, model_directions(m, "directions", (int)c->directions, s->encoder.head.dim)};
    int apart = graph_chain(g, "view_distance", "invariance", z, "{views: %d}", count);
    int normality = graph_add(g, "epps_pulley", "normality", inputs, 2, "{views: %d, form: %s}",
                              count, lejepa ? "lejepa" : "eb_jepa");
    // Two views lie from their mean at half their distance.
    model_energy(m, apart, lejepa ? 1 - c->lambda : 4);
    model_energy(m, normality, c->lambda);
    model_metric(m, "invariance", apart);
    model_metric(m, "normality", normality);
    return model_finish(m, 1);
}

// The integral of exp(-t^2/2) (1 - exp(-t^2/2))^2, for phi = 1: sqrt(2 pi) (1 - sqrt 2 + 1/sqrt 3).
static double one_point(const void *settings, uint64_t samples, const char **name)
{
    const sigreg_config *c = settings;
    *name = "normality";
    return 0.4089 * (c->form == LEJEPA ? (double)samples : 1);
}

static void destroy(void *state)
{
    model_destroy(state);
}

const method_type method_sigreg = {
    .name = "sigreg",
    .help = "views agree, and embeddings are spread as a standard normal (LeJEPA's SIGReg)",
    .sections = SECTION_MODEL | SECTION_HEAD,
    .readouts = {"features"},
    .fields = fields,
    .config_size = sizeof(sigreg_config),
    .state_size = sizeof(model),
    .metric_names = {"loss", "invariance", "normality"},
    .views = views,
    .create = create,
    .one_point = one_point,
    .destroy = destroy,
};
