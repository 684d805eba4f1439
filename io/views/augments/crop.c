// io/views/augments/crop.c -- a random window of the image, cut out as it is.
//   size + 2 margin pixels high and wide (the margin is for a filter, and for `trim` after it);
//   place uniform
// A window of too little contrast is drawn again: the first whose deviation reaches min_deviation,
// or after `tries` windows the one with the largest. A window's deviation is the square root of the
// average over channels of the variance over its pixels, in units of the data set's deviation.
#include "io/views/window.h"

#include <math.h>

typedef struct crop_config {
    int64_t size, margin, tries;
    double min_deviation;
    float unit; // the data set's deviation
} crop_config;

#define FIELD(member) offsetof(crop_config, member)

static const config_field fields[] = {
    {"size", FIELD_INT, FIELD(size), "0", 0, 8192, NULL,
     "height and width without the margin, pixels; 0 = the whole image, margin included"},
    {"margin", FIELD_INT, FIELD(margin), "0", 0, 64, NULL, "further pixels on each side"},
    {"min_deviation", FIELD_REAL, FIELD(min_deviation), "0", 0, 10, NULL,
     "least deviation of a window, in deviations of the data set"},
    {"tries", FIELD_INT, FIELD(tries), "16", 1, 1000, NULL, "most windows to draw"},
    {0}};

static void bind(void *settings, const dataset_info *info)
{
    ((crop_config *)settings)->unit = dataset_deviation(info);
}

static status reshape(const void *settings, const image *in, image *out)
{
    const crop_config *c = settings;
    out->channels = in->channels;
    out->height = c->size > 0 ? (int)(c->size + 2 * c->margin) : in->height;
    out->width = c->size > 0 ? (int)(c->size + 2 * c->margin) : in->width;
    CHECK(
        out->height <= in->height && out->width <= in->width, ST_CONFIG,
        "images of %d x %d pixels are smaller than the %d x %d that crop cuts out (data.size=%lld "
        "and a margin of %lld); take a smaller data.size",
        in->height, in->width, out->height, out->width, (long long)c->size, (long long)c->margin);
    return ST_OK;
}

// Sum of squares about the mean of one plane.
static double variation(const float *plane, size_t count)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)plane[i];
    double mean = sum / (double)count;
    for (size_t i = 0; i < count; i++)
        squares += ((double)plane[i] - mean) * ((double)plane[i] - mean);
    return squares;
}

static double deviation(const image *window)
{
    double squares = 0;
    size_t count = (size_t)window->height * (size_t)window->width;
    for (int c = 0; c < window->channels; c++)
        squares += variation(window->planes + (size_t)c * count, count);
    return sqrt(squares / ((double)window->channels * (double)count));
}

static void apply(const void *settings, const augment_run *run)
{
    const crop_config *c = settings;
    const image *in = run->in, *out = run->out;
    double least = c->min_deviation * (double)c->unit, largest = -1, last = -1;
    int best_top = 0, best_left = 0;
    for (int64_t attempt = 0; attempt < c->tries && largest < least; attempt++) {
        int top = (int)rng_below(run->rng, (uint32_t)(in->height - out->height + 1));
        int left = (int)rng_below(run->rng, (uint32_t)(in->width - out->width + 1));
        window_planes(in, top, left, out);
        last = least > 0 ? deviation(out) : 0;
        if (last <= largest) continue;
        largest = last;
        best_top = top;
        best_left = left;
    }
    if (last < largest) window_planes(in, best_top, best_left, out);
}

const augment_type augment_crop = {
    .name = "crop",
    .fields = fields,
    .config_size = sizeof(crop_config),
    .windowed = true,
    .bind = bind,
    .reshape = reshape,
    .apply = apply,
};
