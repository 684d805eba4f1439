// io/views/augments/grayscale.c -- every colour becomes its grey, with probability p.
#include "io/views/augment.h"
#include "io/views/colour.h"

typedef struct grayscale_config {
    double p;
} grayscale_config;

static const config_field fields[] = {
    {"p", FIELD_REAL, offsetof(grayscale_config, p), "0.2", 0, 1, NULL, "probability"}, {0}};

static void apply(const void *settings, const augment_run *run)
{
    const image *out = run->out;
    if ((double)rng_uniform(run->rng) >= ((const grayscale_config *)settings)->p) return;
    int count = out->height * out->width;
    float *red = out->planes, *green = red + count, *blue = green + count;
    for (int i = 0; i < count; i++) {
        float grey = colour_grey(red[i], green[i], blue[i]);
        red[i] = grey;
        green[i] = grey;
        blue[i] = grey;
    }
}

const augment_type augment_grayscale = {
    .name = "grayscale",
    .fields = fields,
    .config_size = sizeof(grayscale_config),
    .rgb_only = true,
    .apply = apply,
};
