// io/views/augments/remove_mean.c -- the view's own mean, over pixels and channels together,
// becomes 0.
#include "io/views/augment.h"

static const config_field fields[] = {{0}};

static void apply(const void *settings, const augment_run *run)
{
    (void)settings;
    const image *out = run->out;
    size_t count = (size_t)out->channels * (size_t)out->height * (size_t)out->width;
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)out->planes[i];
    float mean = (float)(sum / (double)count);
    for (size_t i = 0; i < count; i++)
        out->planes[i] -= mean;
}

const augment_type augment_remove_mean = {
    .name = "remove_mean",
    .fields = fields,
    .config_size = 1, // no settings
    .apply = apply,
};
