// io/views/augments/resize.c -- the largest central rectangle of the view's proportions, resized to
// it. Draws nothing: for evaluation. The whole image when the proportions agree.
#include "io/views/resample.h"

#include <math.h>

typedef struct resize_config {
    int64_t size;
} resize_config;

static const config_field fields[] = {{"size", FIELD_INT, offsetof(resize_config, size), "0", 0,
                                       8192, NULL, "height and width of the view; 0 = as stored"},
                                      {0}};

static status reshape(const void *settings, const image *in, image *out)
{
    return resample_reshape(((const resize_config *)settings)->size, in, out);
}

static void apply(const void *settings, const augment_run *run)
{
    (void)settings;
    const image *in = run->in;
    image *out = run->out;
    double shrink = fmin((double)in->width / out->width, (double)in->height / out->height);
    box b = {.width = (int)rint(out->width * shrink), .height = (int)rint(out->height * shrink)};
    b.x = (in->width - b.width) / 2;
    b.y = (in->height - b.height) / 2;
    resample(in, &b, out, run->scratch);
}

const augment_type augment_resize = {
    .name = "resize",
    .fields = fields,
    .config_size = sizeof(resize_config),
    .any_size = true,
    .windowed = true,
    .reshape = reshape,
    .scratch_floats = resample_step_scratch,
    .apply = apply,
};
