// trainer/methods/denoising.c -- a net that makes a spoilt image whole again (denoising
// auto-encoder).
//   x = mask (y + sigma n);  r = Dec(Enc(x));  E = |r - y|^2 / pixels;  Enc: features, or the map
//   mask: 0 with probability `masked`, else 1; n normal; both anew for each sample and step
//   For small sigma r(y) - y is sigma^2 times the gradient of the data's log density.
//   source: Vincent et al. 2008 (ICML), 2011 (Neural Computation 23); Alain & Bengio 2014 (JMLR 15)
// Metrics: error is E, spoilt is |x - y|^2 / pixels; PSNR gains 10 log10(spoilt / error) dB.
#include "trainer/parts/noise.h"

#include <string.h>

typedef struct denoising_config {
    double sigma, masked;
    char code[CONFIG_TEXT_SIZE];
} denoising_config;

static const config_field fields[] = {
    {"sigma", FIELD_REAL, offsetof(denoising_config, sigma), "0.2", 0, 1e3, NULL,
     "deviation of the Gaussian noise, in units of the views"},
    {"masked", FIELD_REAL, offsetof(denoising_config, masked), "0", 0, 0.99, NULL,
     "share of the numbers that are set to 0"},
    {"code", FIELD_TEXT, offsetof(denoising_config, code), "features", 0, 0, "features|map",
     "what of the net the decoder gets: its features, or its map before pooling"},
    {0}};

// Numbers of y become x.
static int spoil(model *m, const denoising_config *c, int y)
{
    shape s = m->setup->view;
    int x = y;
    if (c->sigma > 0) {
        int inputs[] = {x, model_normal_noise(m, "noise", s)};
        x = graph_add(m->graph, "weighted_sum", "noisy", inputs, 2, "{second: %.17g}", c->sigma);
    }
    if (c->masked > 0) {
        int inputs[] = {x, model_mask_noise(m, "mask", s, 1 - c->masked)};
        x = graph_add(m->graph, "multiply", "masked", inputs, 2, "{}");
    }
    return x;
}

static int mean_square(model *m, const char *name, int a, int b)
{
    shape s = m->setup->view;
    return graph_add(m->graph, "squared_error", name, (int[]){a, b}, 2, "{weight: %.17g}",
                     1.0 / (s.c * s.h * s.w));
}

// What the decoder makes of spoilt images; *whole: the tensor.
static status restore(model *m, const denoising_config *c, int spoilt, int *whole)
{
    const method_setup *s = m->setup;
    bool map = strcmp(c->code, "map") == 0;
    int code = (map ? encoder_map : encoder_features)(m->graph, &s->encoder, spoilt);
    *whole = decoder_images(m->graph, &s->decoder, code, s->view);
    shape from = graph_shape(m->graph, code), made = graph_shape(m->graph, *whole);
    CHECK(made.n == 0 || shape_equal(made, s->view), ST_CONFIG,
          "method.code=map: of the map of %d x %d that %s has of images of %d x %d the decoder %s "
          "makes images of %d x %d; take a stem or a data.size that fits, or method.code=features",
          from.h, from.w, s->encoder.net->name, s->view.h, s->view.w, s->decoder.type->name, made.h,
          made.w);
    return ST_OK;
}

static status create(void *state, const method_setup *s, method_core *core)
{
    model *m = core->model = state;
    const denoising_config *c = s->settings;
    TRY(decoder_check(&s->decoder, s->view));
    CHECK(c->sigma > 0 || c->masked > 0, ST_CONFIG,
          "method.sigma: without noise and without masked numbers there is nothing to learn");
    TRY(model_create(m, s, true));
    int y = model_images(m, 1), x = spoil(m, c, y), whole = -1;
    TRY(restore(m, c, x, &whole));
    int spoilt = mean_square(m, "spoilt", x, y);
    int error = mean_square(m, "error", whole, y);
    model_restores(m, (model_restoration){.original = y, .spoilt = x, .whole = whole});
    model_energy(m, error, 1);
    model_metric(m, "error", error);
    model_metric(m, "spoilt", spoilt);
    return model_finish(m, 1);
}

static void destroy(void *state)
{
    model_destroy(state);
}

const method_type method_denoising = {
    .name = "denoising",
    .help = "a spoilt image is made whole again (denoising auto-encoder)",
    .sections = SECTION_MODEL | SECTION_DECODER,
    .readouts = {"features", "energy"},
    .fields = fields,
    .config_size = sizeof(denoising_config),
    .state_size = sizeof(model),
    .metric_names = {"loss", "error", "spoilt"},
    .views = method_one_view,
    .create = create,
    .destroy = destroy,
};
