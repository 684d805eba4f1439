// io/views/augments/local_contrast.c -- the mean of its surroundings taken off each pixel, and the
// contrast of its surroundings brought to 1 (io/views/local_contrast.h).
// The floor is in deviations of the data set: with floor 1 and no average floor this is the
// normalisation of data brought to deviation 1 first, floor 1.
#include "io/views/local_contrast.h"

#include <math.h>

typedef struct contrast_config {
    double sigma, floor;
    int64_t radius;
    bool average_floor;
    local_contrast how; // in the data's units
} contrast_config;

#define FIELD(member) offsetof(contrast_config, member)

static const config_field fields[] = {
    {"sigma", FIELD_REAL, FIELD(sigma), "2", 0.1, 100, NULL, "of the Gaussian window, pixels"},
    {"radius", FIELD_INT, FIELD(radius), "4", 1, GAUSSIAN_MAX_RADIUS, NULL,
     "of the window: 2 radius + 1 pixels wide"},
    {"floor", FIELD_REAL, FIELD(floor), "0.001", 1e-6, 100, NULL,
     "least divisor, in deviations of the data set"},
    {"average_floor", FIELD_BOOL, FIELD(average_floor), "true", 0, 0, NULL,
     "the divisor is also at least its average over the view"},
    {0}};

static void bind(void *settings, const dataset_info *info)
{
    contrast_config *c = settings;
    c->how = (local_contrast){.window = gaussian_of(c->sigma, (int)c->radius),
                              .floor = (float)c->floor * dataset_deviation(info),
                              .average_floor = c->average_floor};
}

// The maps m and d, and the filter's own.
static size_t scratch_floats(const void *settings, const image *in, const image *out)
{
    (void)settings;
    (void)in;
    return 2 * (size_t)out->height * (size_t)out->width +
           local_contrast_scratch_floats(out->height, out->width);
}

static void apply(const void *settings, const augment_run *run)
{
    const image *out = run->out;
    size_t count = (size_t)out->height * (size_t)out->width;
    float *mean = run->scratch, *divisor = mean + count, *rest = divisor + count;
    local_contrast_normalise(&((const contrast_config *)settings)->how, out, mean, divisor, rest);
}

// Pixels are mixed with each other.
static double unit(const void *settings, int channel)
{
    (void)settings, (void)channel;
    return (double)NAN;
}

const augment_type augment_local_contrast = {
    .name = "local_contrast",
    .fields = fields,
    .config_size = sizeof(contrast_config),
    .bind = bind,
    .unit = unit,
    .scratch_floats = scratch_floats,
    .apply = apply,
};
