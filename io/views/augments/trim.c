// io/views/augments/trim.c -- `margin` pixels cut off on each side: where a filter saw beyond the
// image.
#include "io/views/augment.h"

#include <string.h>

typedef struct trim_config {
    int64_t margin;
} trim_config;

static const config_field fields[] = {{"margin", FIELD_INT, offsetof(trim_config, margin), "0", 0,
                                       64, NULL, "pixels to cut off on each side"},
                                      {0}};

static status reshape(const void *settings, const image *in, image *out)
{
    int margin = (int)((const trim_config *)settings)->margin;
    out->channels = in->channels;
    out->height = in->height - 2 * margin;
    out->width = in->width - 2 * margin;
    CHECK(out->height > 0 && out->width > 0, ST_CONFIG,
          "images of %d x %d pixels are smaller than twice the margin of %d that trim cuts off",
          in->height, in->width, margin);
    return ST_OK;
}

static void apply(const void *settings, const augment_run *run)
{
    const image *in = run->in, *out = run->out;
    size_t margin = (size_t)((const trim_config *)settings)->margin, width = (size_t)in->width;
    float *to = run->out->planes;
    for (int c = 0; c < out->channels; c++) {
        const float *plane = in->planes + (size_t)c * (size_t)in->height * width;
        for (int y = 0; y < out->height; y++, to += out->width)
            memcpy(to, plane + ((size_t)y + margin) * width + margin,
                   (size_t)out->width * sizeof *to);
    }
}

const augment_type augment_trim = {
    .name = "trim",
    .fields = fields,
    .config_size = sizeof(trim_config),
    .reshape = reshape,
    .apply = apply,
};
