// io/views/augments/whiten.c -- ZCA whitening: neighbouring pixels, which are much alike, become
// uncorrelated, and the view still looks like itself.
//   y = W (x - m),  W = U diag(1 / sqrt(l + epsilon)) U^T,  C = U diag(l) U^T
// with mean m and covariance C of the views of the training data; whoever made the augmenter hands
// them over (augmenter_set_whitening). It must be a recipe's last step.
//   source: Bell, Sejnowski 1997 (Vision Research 37), "The 'independent components' of natural
//   scenes are edge filters"; epsilon as in Coates, Ng, Lee 2011 (AISTATS), section 3.1.2
#include "io/views/augment.h"

#include <math.h>
#include <string.h>

typedef struct whiten_config {
    double epsilon;
} whiten_config;

static const config_field fields[] = {{"epsilon", FIELD_REAL, offsetof(whiten_config, epsilon),
                                       "0.01", 1e-12, 1e6, NULL,
                                       "added to each variance, in units of the view's, squared"},
                                      {0}};

static double epsilon(const void *settings)
{
    return ((const whiten_config *)settings)->epsilon;
}

// The view less the mean.
static size_t scratch_floats(const void *settings, const image *in, const image *out)
{
    (void)settings;
    (void)in;
    return (size_t)out->channels * (size_t)out->height * (size_t)out->width;
}

// W is symmetric: row j times x_j, added up over j, runs along memory.
static void apply(const void *settings, const augment_run *run)
{
    const image *out = run->out;
    size_t count = scratch_floats(settings, run->in, out);
    for (size_t i = 0; i < count; i++)
        run->scratch[i] = out->planes[i] - run->whitening->mean[i];
    memset(out->planes, 0, count * sizeof *out->planes);
    for (size_t j = 0; j < count; j++) {
        const float *row = run->whitening->matrix + j * count;
        float x = run->scratch[j];
        for (size_t i = 0; i < count; i++)
            out->planes[i] += x * row[i];
    }
}

// Pixels are mixed with each other.
static double unit(const void *settings, int channel)
{
    (void)settings, (void)channel;
    return (double)NAN;
}

const augment_type augment_whiten = {
    .name = "whiten",
    .fields = fields,
    .config_size = sizeof(whiten_config),
    .whitening_epsilon = epsilon,
    .unit = unit,
    .scratch_floats = scratch_floats,
    .apply = apply,
};
