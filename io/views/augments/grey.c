// io/views/augments/grey.c -- one channel: the luma of RGB images, the average of other channels.
// One channel stays as it is. (`grayscale` keeps three channels, and is random.)
#include "io/views/augment.h"
#include "io/views/colour.h"

static const config_field fields[] = {{0}};

static status reshape(const void *settings, const image *in, image *out)
{
    (void)settings;
    out->channels = 1;
    out->height = in->height;
    out->width = in->width;
    return ST_OK;
}

static void average_channels(const image *in, float *grey, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float sum = 0.0f;
        for (int c = 0; c < in->channels; c++)
            sum += in->planes[(size_t)c * count + i];
        grey[i] = sum / (float)in->channels;
    }
}

static void apply(const void *settings, const augment_run *run)
{
    (void)settings;
    size_t count = (size_t)run->in->height * (size_t)run->in->width;
    float *grey = run->out->planes;
    if (run->in->channels != 3) {
        average_channels(run->in, grey, count);
        return;
    }
    const float *red = run->in->planes, *green = red + count, *blue = green + count;
    for (size_t i = 0; i < count; i++)
        grey[i] = colour_grey(red[i], green[i], blue[i]);
}

const augment_type augment_grey = {
    .name = "grey",
    .fields = fields,
    .config_size = 1, // no settings
    .reshape = reshape,
    .apply = apply,
};
