// io/views/augments/flip.c -- left and right exchanged, with probability p.
#include "io/views/augment.h"

typedef struct flip_config {
    double p;
} flip_config;

static const config_field fields[] = {
    {"p", FIELD_REAL, offsetof(flip_config, p), "0.5", 0, 1, NULL, "probability"}, {0}};

static void apply(const void *settings, const augment_run *run)
{
    const image *out = run->out;
    if ((double)rng_uniform(run->rng) >= ((const flip_config *)settings)->p) return;
    int width = out->width, rows = out->channels * out->height;
    for (int i = 0; i < rows; i++) {
        float *row = out->planes + (size_t)i * (size_t)width;
        for (int x = 0; x < width / 2; x++) {
            float left = row[x];
            row[x] = row[width - 1 - x];
            row[width - 1 - x] = left;
        }
    }
}

const augment_type augment_flip = {
    .name = "flip",
    .fields = fields,
    .config_size = sizeof(flip_config),
    .apply = apply,
};
