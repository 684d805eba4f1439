// io/augments/noise.c -- independent Gaussian noise on each pixel, with probability p.
//   y = x + N(0, (s deviation_c)^2),  s = U(0, strength)
// in deviations of the channel over the data set, so that it means the same in any unit. Integer
// data stays in 0 .. 1.
#include "io/augment.h"
#include "io/colour.h"

typedef struct noise_config {
    double p, strength;
    float deviation[DATASET_MAX_CHANNELS];
    bool bounded; // 0 .. 1
} noise_config;

#define FIELD(member) offsetof(noise_config, member)

static const config_field fields[] = {{"p", FIELD_REAL, FIELD(p), "0.5", 0, 1, NULL, "probability"},
                                      {"strength", FIELD_REAL, FIELD(strength), "0.2", 0, 10, NULL,
                                       "largest noise, in deviations of the channel"},
                                      {0}};

static void bind(void *settings, const dataset_info *info)
{
    noise_config *c = settings;
    for (int i = 0; i < info->channels; i++)
        c->deviation[i] = info->deviation[i];
    c->bounded = info->type != PIXEL_F32;
}

static void apply(const void *settings, const augment_run *run)
{
    const noise_config *c = settings;
    const image *out = run->out;
    if ((double)rng_uniform(run->rng) >= c->p) return;
    float strength = rng_range(run->rng, 0.0f, (float)c->strength);
    size_t count = (size_t)out->height * (size_t)out->width;
    for (int channel = 0; channel < out->channels; channel++) {
        float deviation = strength * c->deviation[channel];
        float *plane = out->planes + (size_t)channel * count;
        for (size_t i = 0; i < count; i++)
            plane[i] += deviation * rng_normal(run->rng);
        for (size_t i = 0; c->bounded && i < count; i++)
            plane[i] = colour_clamp(plane[i]);
    }
}

const augment_type augment_noise = {
    .name = "noise",
    .fields = fields,
    .config_size = sizeof(noise_config),
    .bind = bind,
    .apply = apply,
};
