// io/views/augments/normalise.c -- each channel to mean 0 and deviation 1 over the data set.
//   y = (x - mean_c) / deviation_c;  a channel that never varies is only shifted
#include "io/views/augment.h"

typedef struct normalise_config {
    float mean[DATASET_MAX_CHANNELS], inverse[DATASET_MAX_CHANNELS];
} normalise_config;

static const config_field fields[] = {{0}};

static void bind(void *settings, const dataset_info *info)
{
    normalise_config *c = settings;
    for (int i = 0; i < info->channels; i++) {
        c->mean[i] = info->mean[i];
        c->inverse[i] = info->deviation[i] > 0.0f ? 1.0f / info->deviation[i] : 1.0f;
    }
}

static double unit(const void *settings, int channel)
{
    return 1 / (double)((const normalise_config *)settings)->inverse[channel];
}

static void apply(const void *settings, const augment_run *run)
{
    const normalise_config *c = settings;
    const image *out = run->out;
    size_t count = (size_t)out->height * (size_t)out->width;
    for (int channel = 0; channel < out->channels; channel++) {
        float *plane = out->planes + (size_t)channel * count;
        float mean = c->mean[channel], inverse = c->inverse[channel];
        for (size_t i = 0; i < count; i++)
            plane[i] = (plane[i] - mean) * inverse;
    }
}

const augment_type augment_normalise = {
    .name = "normalise",
    .fields = fields,
    .config_size = sizeof(normalise_config),
    .bind = bind,
    .unit = unit,
    .apply = apply,
};
