// io/views/augments/intensity.c -- a random gain and offset for each channel, for data that is not
// RGB.
//   y = mean_c + U(1 - gain, 1 + gain) (x - mean_c) + U(-offset, offset) deviation_c
// with the data set's own mean and deviation, so that it means the same in any unit. Integer data
// stays in 0 .. 1.
#include "io/views/augment.h"
#include "io/views/colour.h"

typedef struct intensity_config {
    double gain, offset;
    float mean[DATASET_MAX_CHANNELS], deviation[DATASET_MAX_CHANNELS];
    bool bounded; // 0 .. 1
} intensity_config;

static const config_field fields[] = {{"gain", FIELD_REAL, offsetof(intensity_config, gain), "0.4",
                                       0, 1, NULL, "largest change of the contrast"},
                                      {"offset", FIELD_REAL, offsetof(intensity_config, offset),
                                       "0.4", 0, 10, NULL,
                                       "largest shift, in deviations of the channel"},
                                      {0}};

static void bind(void *settings, const dataset_info *info)
{
    intensity_config *c = settings;
    for (int i = 0; i < info->channels; i++) {
        c->mean[i] = info->mean[i];
        c->deviation[i] = info->deviation[i];
    }
    c->bounded = info->type != PIXEL_F32;
}

static void apply(const void *settings, const augment_run *run)
{
    const intensity_config *c = settings;
    const image *out = run->out;
    float largest_gain = (float)c->gain, largest_offset = (float)c->offset;
    size_t count = (size_t)out->height * (size_t)out->width;
    for (int channel = 0; channel < out->channels; channel++) {
        float gain = rng_range(run->rng, 1.0f - largest_gain, 1.0f + largest_gain);
        float offset = rng_range(run->rng, -largest_offset, largest_offset);
        float constant = c->mean[channel] * (1.0f - gain) + offset * c->deviation[channel];
        float *plane = out->planes + (size_t)channel * count;
        for (size_t i = 0; i < count; i++)
            plane[i] = gain * plane[i] + constant;
        for (size_t i = 0; c->bounded && i < count; i++)
            plane[i] = colour_clamp(plane[i]);
    }
}

const augment_type augment_intensity = {
    .name = "intensity",
    .fields = fields,
    .config_size = sizeof(intensity_config),
    .bind = bind,
    .apply = apply,
};
