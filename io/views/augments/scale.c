// io/views/augments/scale.c -- the same factor for all pixels: the data set's deviation becomes 1.
//   y = x / s,  s^2 = average over channels of deviation_c^2
// Neither the mean nor the proportions of the channels change, so that contrast and colours stay
// what they are; only the unit is that of the data set, whatever it was stored in.
#include "io/views/augment.h"

typedef struct scale_config {
    float factor;
} scale_config;

static const config_field fields[] = {{0}};

static void bind(void *settings, const dataset_info *info)
{
    ((scale_config *)settings)->factor = 1.0f / dataset_deviation(info);
}

static double unit(const void *settings, int channel)
{
    (void)channel;
    return 1 / (double)((const scale_config *)settings)->factor;
}

static void apply(const void *settings, const augment_run *run)
{
    const image *out = run->out;
    float factor = ((const scale_config *)settings)->factor;
    size_t count = (size_t)out->channels * (size_t)out->height * (size_t)out->width;
    for (size_t i = 0; i < count; i++)
        out->planes[i] *= factor;
}

const augment_type augment_scale = {
    .name = "scale",
    .fields = fields,
    .config_size = sizeof(scale_config),
    .bind = bind,
    .unit = unit,
    .apply = apply,
};
