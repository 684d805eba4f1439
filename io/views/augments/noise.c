// io/views/augments/noise.c -- independent Gaussian noise on each pixel, with probability p.
//   y = x + N(0, (s deviation_c)^2),  s = U(0, strength)
// in deviations of the channel over the data set, so that it means the same in any unit. Integer
// data stays in 0 .. 1.
#include "io/views/augment.h"
#include "io/views/colour.h"

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

// plane += deviation times normal numbers.
static void add_noise(rng *r, float *plane, size_t count, float deviation)
{
    enum { PART = 4 * RNG_NORMALS_GROUP };
    float normals[PART];
    for (size_t done = 0; done < count; done += PART) {
        size_t part = count - done < PART ? count - done : PART;
        rng_normals(r, normals, part);
        for (size_t i = 0; i < part; i++)
            plane[done + i] += deviation * normals[i];
    }
}

static void apply(const void *settings, const augment_run *run)
{
    const noise_config *c = settings;
    const image *out = run->out;
    if ((double)rng_uniform(run->rng) >= c->p) return;
    float strength = rng_range(run->rng, 0.0f, (float)c->strength);
    size_t count = (size_t)out->height * (size_t)out->width;
    for (int channel = 0; channel < out->channels; channel++) {
        float *plane = out->planes + (size_t)channel * count;
        add_noise(run->rng, plane, count, strength * c->deviation[channel]);
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
