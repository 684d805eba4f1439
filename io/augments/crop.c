// io/augments/crop.c -- a random window of the image, cut out as it is.
//   size + 2 margin pixels high and wide (the margin is for a filter, and for `trim` after it);
//   place uniform
// A window of too little contrast is drawn again: the first whose deviation reaches min_deviation,
// or after `tries` windows the one with the largest. A window's deviation is the square root of the
// average over channels of the variance over its pixels, in units of the data set's deviation.
#include "io/augment.h"

#include <math.h>
#include <string.h>

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

static const float *row_of(const image *in, int channel, int y, int x)
{
    return in->planes + ((size_t)channel * (size_t)in->height + (size_t)y) * (size_t)in->width + x;
}

// Sum of squares about the mean of one channel of the window at (top, left).
static double window_variation(const image *in, int channel, int top, int left, const image *window)
{
    double sum = 0, squares = 0;
    for (int y = 0; y < window->height; y++) {
        const float *row = row_of(in, channel, top + y, left);
        for (int x = 0; x < window->width; x++)
            sum += (double)row[x];
    }
    double mean = sum / ((double)window->height * window->width);
    for (int y = 0; y < window->height; y++) {
        const float *row = row_of(in, channel, top + y, left);
        for (int x = 0; x < window->width; x++)
            squares += ((double)row[x] - mean) * ((double)row[x] - mean);
    }
    return squares;
}

static double window_deviation(const image *in, int top, int left, const image *window)
{
    double squares = 0, count = (double)window->channels * window->height * window->width;
    for (int c = 0; c < window->channels; c++)
        squares += window_variation(in, c, top, left, window);
    return sqrt(squares / count);
}

static void copy_window(const image *in, int top, int left, const image *window)
{
    float *to = window->planes;
    for (int c = 0; c < window->channels; c++)
        for (int y = 0; y < window->height; y++, to += window->width)
            memcpy(to, row_of(in, c, top + y, left), (size_t)window->width * sizeof *to);
}

static void apply(const void *settings, const augment_run *run)
{
    const crop_config *c = settings;
    const image *in = run->in, *out = run->out;
    double least = c->min_deviation * (double)c->unit, largest = -1;
    int best_top = 0, best_left = 0;
    for (int64_t attempt = 0; attempt < c->tries && largest < least; attempt++) {
        int top = (int)rng_below(run->rng, (uint32_t)(in->height - out->height + 1));
        int left = (int)rng_below(run->rng, (uint32_t)(in->width - out->width + 1));
        double deviation = least > 0 ? window_deviation(in, top, left, out) : 0;
        if (deviation <= largest) continue;
        largest = deviation;
        best_top = top;
        best_left = left;
    }
    copy_window(in, best_top, best_left, out);
}

const augment_type augment_crop = {
    .name = "crop",
    .fields = fields,
    .config_size = sizeof(crop_config),
    .bind = bind,
    .reshape = reshape,
    .apply = apply,
};
