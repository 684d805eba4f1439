// io/augments/gaussian_blur.c -- a Gaussian blur of random width, with probability p.
//   y = g * x along rows, then along columns;  g(d) ~ exp(-d^2 / 2 sigma^2), |d| <= ceil(3 sigma)
//   sigma = U(low, high) pixels; outside the image it is mirrored, the outermost pixel once: a b | b a
// This is the Gaussian itself. PIL's GaussianBlur, which the MoCo v2 and v3 references call, comes
// near it with three box blurs of fractional width, and repeats the outermost pixel outside.
//   source: SimCLR, Chen et al. 2020 (arXiv 2002.05709) appendix A; sigma as in MoCo v2
#include "io/augment.h"

#include <math.h>
#include <string.h>

#define LARGEST_SIGMA  10
#define LARGEST_RADIUS 30 // 3 LARGEST_SIGMA

typedef struct blur_config {
    double p, low, high;
} blur_config;

#define FIELD(member) offsetof(blur_config, member)

static const config_field fields[] = {
    {"p", FIELD_REAL, FIELD(p), "0.5", 0, 1, NULL, "probability"},
    {"low", FIELD_REAL, FIELD(low), "0.1", 0.01, LARGEST_SIGMA, NULL, "least sigma, in pixels"},
    {"high", FIELD_REAL, FIELD(high), "2", 0.01, LARGEST_SIGMA, NULL, "largest sigma, in pixels"},
    {0}};

typedef struct kernel {
    int radius;
    float weights[LARGEST_RADIUS + 1]; // of distance 0 .. radius; both sides add up to 1
} kernel;

static kernel kernel_of_sigma(double sigma)
{
    kernel k = {.radius = (int)ceil(3 * sigma)};
    k.radius = k.radius < LARGEST_RADIUS ? k.radius : LARGEST_RADIUS;
    double values[LARGEST_RADIUS + 1], sum = 0;
    for (int d = 0; d <= k.radius; d++) {
        values[d] = exp(-d * d / (2 * sigma * sigma));
        sum += d == 0 ? values[d] : 2 * values[d];
    }
    for (int d = 0; d <= k.radius; d++)
        k.weights[d] = (float)(values[d] / sum);
    return k;
}

// Index i, at most LARGEST_RADIUS outside, mirrored into 0 .. count-1; more than once where the
// image is smaller than the radius.
static int mirrored(int i, int count)
{
    int period = 2 * count;
    i = ((i % period) + period) % period;
    return i < count ? i : period - 1 - i;
}

// A row to itself. padded: width + 2 radius floats.
static void blur_row(const kernel *k, float *row, int width, float *padded)
{
    float *middle = padded + k->radius;
    memcpy(middle, row, (size_t)width * sizeof *row);
    for (int d = 1; d <= k->radius; d++) {
        middle[-d] = row[mirrored(-d, width)];
        middle[width - 1 + d] = row[mirrored(width - 1 + d, width)];
    }
    for (int x = 0; x < width; x++)
        row[x] = k->weights[0] * middle[x];
    for (int d = 1; d <= k->radius; d++) {
        float weight = k->weights[d];
        const float *before = middle - d, *after = middle + d;
        for (int x = 0; x < width; x++)
            row[x] += weight * (before[x] + after[x]);
    }
}

// (height, width) from `in` to `out`, along columns, row by row.
static void blur_columns(const kernel *k, const float *in, float *out, int height, int width)
{
    for (int y = 0; y < height; y++) {
        float *to = out + (size_t)y * (size_t)width;
        const float *centre = in + (size_t)y * (size_t)width;
        for (int x = 0; x < width; x++)
            to[x] = k->weights[0] * centre[x];
        for (int d = 1; d <= k->radius; d++) {
            float weight = k->weights[d];
            const float *above = in + (size_t)mirrored(y - d, height) * (size_t)width;
            const float *below = in + (size_t)mirrored(y + d, height) * (size_t)width;
            for (int x = 0; x < width; x++)
                to[x] += weight * (above[x] + below[x]);
        }
    }
}

// One plane after its rows, and one padded row.
static size_t scratch_floats(const void *settings, const image *in, const image *out)
{
    (void)settings;
    (void)in;
    size_t width = (size_t)out->width;
    return (size_t)out->height * width + width + (size_t)2 * LARGEST_RADIUS;
}

static void apply(const void *settings, const augment_run *run)
{
    const blur_config *c = settings;
    const image *out = run->out;
    int height = out->height, width = out->width;
    size_t count = (size_t)height * (size_t)width;
    if ((double)rng_uniform(run->rng) >= c->p) return;
    kernel k = kernel_of_sigma((double)rng_range(run->rng, (float)c->low, (float)c->high));
    for (int channel = 0; channel < out->channels; channel++) {
        float *plane = out->planes + (size_t)channel * count, *rows = run->scratch;
        memcpy(rows, plane, count * sizeof *rows);
        for (int y = 0; y < height; y++)
            blur_row(&k, rows + (size_t)y * (size_t)width, width, run->scratch + count);
        blur_columns(&k, rows, plane, height, width);
    }
}

const augment_type augment_gaussian_blur = {
    .name = "gaussian_blur",
    .fields = fields,
    .config_size = sizeof(blur_config),
    .scratch_floats = scratch_floats,
    .apply = apply,
};
