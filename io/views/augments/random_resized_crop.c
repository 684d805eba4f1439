// io/views/augments/random_resized_crop.c -- a random rectangle of the image, resized to the view's
// size.
//   area = U(scale) * image area,  log(width / height) = U(log ratio),  place uniform
// Ten tries for a rectangle that fits, then the largest central one within the ratios.
//   source: Szegedy et al. 2015 (arXiv 1409.4842) sec. 6; the tries as in torchvision
#include "io/views/resample.h"

#include <math.h>

typedef struct crop_config {
    int64_t size;
    double scale_low, scale_high, ratio_low, ratio_high;
} crop_config;

#define FIELD(member) offsetof(crop_config, member)

static const config_field fields[] = {
    {"size", FIELD_INT, FIELD(size), "0", 0, 8192, NULL,
     "height and width of the view; 0 = as stored"},
    {"scale_low", FIELD_REAL, FIELD(scale_low), "0.08", 1e-4, 1, NULL, "least share of the area"},
    {"scale_high", FIELD_REAL, FIELD(scale_high), "1", 1e-4, 1, NULL, "largest share of the area"},
    {"ratio_low", FIELD_REAL, FIELD(ratio_low), "0.75", 0.01, 100, NULL, "least width / height"},
    {"ratio_high", FIELD_REAL, FIELD(ratio_high), "1.3333333333333333", 0.01, 100, NULL,
     "largest width / height"},
    {0}};

static status reshape(const void *settings, const image *in, image *out)
{
    return resample_reshape(((const crop_config *)settings)->size, in, out);
}

static box central_box(const crop_config *c, const image *in)
{
    box b = {.width = in->width, .height = in->height};
    double ratio = (double)in->width / in->height;
    if (ratio < c->ratio_low) b.height = (int)rint(in->width / c->ratio_low);
    if (ratio > c->ratio_high) b.width = (int)rint(in->height * c->ratio_high);
    b.x = (in->width - b.width) / 2;
    b.y = (in->height - b.height) / 2;
    return b;
}

static box draw_box(const crop_config *c, rng *r, const image *in)
{
    double area = (double)in->width * in->height;
    double log_low = log(c->ratio_low), log_high = log(c->ratio_high);
    for (int attempt = 0; attempt < 10; attempt++) {
        double share = c->scale_low + (c->scale_high - c->scale_low) * (double)rng_uniform(r);
        double ratio = exp(log_low + (log_high - log_low) * (double)rng_uniform(r));
        box b = {.width = (int)rint(sqrt(area * share * ratio)),
                 .height = (int)rint(sqrt(area * share / ratio))};
        if (b.width < 1 || b.height < 1 || b.width > in->width || b.height > in->height) continue;
        b.y = (int)rng_below(r, (uint32_t)(in->height - b.height + 1));
        b.x = (int)rng_below(r, (uint32_t)(in->width - b.width + 1));
        return b;
    }
    return central_box(c, in);
}

static void apply(const void *settings, const augment_run *run)
{
    box b = draw_box(settings, run->rng, run->in);
    resample(run->in, &b, run->out, run->scratch);
}

const augment_type augment_random_resized_crop = {
    .name = "random_resized_crop",
    .fields = fields,
    .config_size = sizeof(crop_config),
    .any_size = true,
    .windowed = true,
    .reshape = reshape,
    .scratch_floats = resample_step_scratch,
    .apply = apply,
};
