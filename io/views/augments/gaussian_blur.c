// io/views/augments/gaussian_blur.c -- a Gaussian blur of random width, with probability p.
//   sigma = U(low, high) pixels, radius ceil(3 sigma); the image is mirrored outside
//   (io/images/gaussian.h)
// This is the Gaussian itself. PIL's GaussianBlur, which the MoCo v2 and v3 references call, comes
// near it with three box blurs of fractional width, and repeats the outermost pixel outside.
//   source: SimCLR, Chen et al. 2020 (arXiv 2002.05709) appendix A; sigma as in MoCo v2
#include "io/views/augment.h"
#include "io/images/gaussian.h"

#include <math.h>

#define LARGEST_SIGMA 10

typedef struct blur_config {
    double p, low, high;
} blur_config;

#define FIELD(member) offsetof(blur_config, member)

static const config_field fields[] = {
    {"p", FIELD_REAL, FIELD(p), "0.5", 0, 1, NULL, "probability"},
    {"low", FIELD_REAL, FIELD(low), "0.1", 0.01, LARGEST_SIGMA, NULL, "least sigma, in pixels"},
    {"high", FIELD_REAL, FIELD(high), "2", 0.01, LARGEST_SIGMA, NULL, "largest sigma, in pixels"},
    {0}};

static size_t scratch_floats(const void *settings, const image *in, const image *out)
{
    (void)settings;
    (void)in;
    return gaussian_scratch_floats(out->height, out->width);
}

static void apply(const void *settings, const augment_run *run)
{
    const blur_config *c = settings;
    const image *out = run->out;
    size_t count = (size_t)out->height * (size_t)out->width;
    if ((double)rng_uniform(run->rng) >= c->p) return;
    double sigma = (double)rng_range(run->rng, (float)c->low, (float)c->high);
    int radius = (int)fmin(ceil(3 * sigma), GAUSSIAN_MAX_RADIUS);
    gaussian g = gaussian_of(sigma, radius);
    for (int channel = 0; channel < out->channels; channel++)
        gaussian_smooth(&g, out->planes + (size_t)channel * count, out->height, out->width,
                        run->scratch);
}

const augment_type augment_gaussian_blur = {
    .name = "gaussian_blur",
    .fields = fields,
    .config_size = sizeof(blur_config),
    .scratch_floats = scratch_floats,
    .apply = apply,
};
