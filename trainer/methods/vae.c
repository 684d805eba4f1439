// trainer/methods/vae.c -- a code with a limited amount of information (variational auto-encoder).
//   m, v = linear(Enc(y));  z = m + exp(v / 2) n,  n normal;  l = Dec(z)
//   E = reconstruction + beta KL,  KL = -1/2 sum (1 + v - m^2 - exp v): from N(m, exp v) to N(0, 1)
//   bernoulli: reconstruction = cross entropy of pixels in 0..1 under sigmoid(l); E is then -ELBO
//   gaussian:  reconstruction = |l - y|^2 / 2
//   source: Kingma & Welling 2014 (arXiv 1312.6114) eq. 10; beta: Higgins et al. 2017 (ICLR)
#include "trainer/parts/noise.h"

enum { BERNOULLI, GAUSSIAN };

typedef struct vae_config {
    int64_t codes;
    double beta;
    int pixels; // BERNOULLI | GAUSSIAN
} vae_config;

static const config_field fields[] = {
    {"codes", FIELD_INT, offsetof(vae_config, codes), "20", 1, 65536, NULL, "numbers of z"},
    {"beta", FIELD_REAL, offsetof(vae_config, beta), "1", 0, 1e6, NULL, "weight of KL"},
    {"pixels", FIELD_CHOICE, offsetof(vae_config, pixels), "bernoulli", 0, 0, "bernoulli|gaussian",
     "how pixels differ from what the code says: coins, for views in 0..1, or squared errors"},
    {0}};

// z = m + exp(v / 2) n.
static int draw_code(model *m, int mean, int log_variance)
{
    graph *g = m->graph;
    int half = graph_chain(g, "weighted_sum", "half", log_variance, "{first: 0.5}");
    int deviation = graph_chain(g, "pointwise", "deviation", half, "{function: exp}");
    int noise = model_normal_noise(m, "noise", graph_shape(g, mean));
    int spread = graph_add(g, "multiply", "spread", (int[]){deviation, noise}, 2, "{}");
    return graph_add(g, "add", "code", (int[]){mean, spread}, 2, "{}");
}

static status create(void *state, const method_setup *s, method_core *core)
{
    model *m = core->model = state;
    const vae_config *c = s->settings;
    TRY(decoder_check(&s->decoder, s->view));
    TRY(model_create(m, s, true));
    graph *g = m->graph;
    int y = model_images(m, 1);
    int features = encoder_features(g, &s->encoder, y);
    int mean = graph_chain(g, "linear", "mean", features, "{features: %d}", (int)c->codes);
    int spread =
        graph_chain(g, "linear", "log_variance", features, "{features: %d}", (int)c->codes);
    int whole = decoder_images(g, &s->decoder, draw_code(m, mean, spread), s->view);
    int error = c->pixels == BERNOULLI
                    ? graph_add(g, "bernoulli", "reconstruction", (int[]){whole, y}, 2, "{}")
                    : graph_add(g, "squared_error", "reconstruction", (int[]){whole, y}, 2, "{}");
    int kl = graph_add(g, "gaussian_kl", "kl", (int[]){mean, spread}, 2, "{}");
    model_energy(m, error, 1);
    model_energy(m, kl, c->beta);
    model_metric(m, "reconstruction", error);
    model_metric(m, "kl", kl);
    return model_finish(m, 1);
}

static void destroy(void *state)
{
    model_destroy(state);
}

const method_type method_vae = {
    .name = "vae",
    .help = "an auto-encoder whose code is a narrow Gaussian (variational auto-encoder)",
    .sections = SECTION_MODEL | SECTION_DECODER,
    .readouts = {"features", "energy"},
    .fields = fields,
    .config_size = sizeof(vae_config),
    .state_size = sizeof(model),
    .metric_names = {"loss", "reconstruction", "kl"},
    .views = method_one_view,
    .create = create,
    .destroy = destroy,
};
