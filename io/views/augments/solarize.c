// io/views/augments/solarize.c -- bright pixels turned to their negative, with probability p.
//   y = 1 - x where x >= threshold, else x
//   source: BYOL, Grill et al. 2020 (arXiv 2006.07733) appendix B; PIL's threshold 128 of 255 is
//   0.5
#include "io/views/augment.h"

typedef struct solarize_config {
    double p, threshold;
} solarize_config;

#define FIELD(member) offsetof(solarize_config, member)

static const config_field fields[] = {
    {"p", FIELD_REAL, FIELD(p), "0.2", 0, 1, NULL, "probability"},
    {"threshold", FIELD_REAL, FIELD(threshold), "0.5", 0, 1, NULL, "least value that is turned"},
    {0}};

static void apply(const void *settings, const augment_run *run)
{
    const solarize_config *c = settings;
    const image *out = run->out;
    if ((double)rng_uniform(run->rng) >= c->p) return;
    float threshold = (float)c->threshold;
    size_t count = (size_t)out->channels * (size_t)out->height * (size_t)out->width;
    for (size_t i = 0; i < count; i++) {
        float x = out->planes[i];
        out->planes[i] = x >= threshold ? 1.0f - x : x;
    }
}

const augment_type augment_solarize = {
    .name = "solarize",
    .fields = fields,
    .config_size = sizeof(solarize_config),
    .rgb_only = true,
    .clips = true,
    .apply = apply,
};
