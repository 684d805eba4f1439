// io/shards/dataset_pixels.c -- from the numbers of a file to pixels: byte order, type, axes, NaN.
#include "io/shards/dataset_private.h"

#include "io/images/pixels.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

status dataset_pixels_prepare(dataset *d, nan_rule nan)
{
    const shard_layout *l = &d->shards[0];
    d->nan = nan;
    if (l->kind == NUMBER_PIXEL) return ST_OK;
    d->floats = malloc(shard_sample_pixels(l) * sizeof *d->floats);
    CHECK(d->floats != NULL, ST_INTERNAL, "no memory for one sample of %zu numbers",
          shard_sample_pixels(l));
    return ST_OK;
}

void dataset_fill_nan(dataset *d, const float *mean)
{
    d->filled = true;
    memcpy(d->fill, mean, (size_t)d->info.channels * sizeof *mean);
}

static pixel_strides strides_of(const shard_layout *l)
{
    uint64_t dims[4];
    size_t steps[4] = {0}, step = 1; // by AXIS_...
    shard_dims(l, 1, dims);
    for (int i = l->rank - 1; i >= 0; i--) {
        steps[l->axes[i]] = step;
        step *= dims[i];
    }
    return (pixel_strides){steps[AXIS_H], steps[AXIS_W], steps[AXIS_C]};
}

static status refuse(const stored_sample *stored, bool nan)
{
    return failure(
        ST_BAD_DATA, "%s: sample %" PRIu64 " holds %s: replace or remove them%s", stored->file,
        stored->index, nan ? "NaN" : "infinite values, or numbers that no float32 holds",
        nan ? ", or let data.nan=zero or data.nan=mean put a number in their place" : "");
}

// Pixels of which some are NaN or infinite. NaN is counted while the data set is looked through.
static status mend(dataset *d, const stored_sample *stored, float *pixels, size_t count)
{
    size_t channels = (size_t)d->info.channels;
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (isinf(pixels[i]) || (isnan(pixels[i]) && d->nan == NAN_REFUSE))
            return refuse(stored, isnan(pixels[i]));
        if (!isnan(pixels[i])) continue;
        found++;
        if (d->nan == NAN_ZERO)
            pixels[i] = 0;
        else if (d->filled)
            pixels[i] = d->fill[i % channels];
    }
    if (d->filled) return ST_OK;
    d->info.nan_pixels += found;
    d->info.nan_samples += found > 0;
    return ST_OK;
}

status dataset_arrange(dataset *d, const stored_sample *stored, void *pixels, image_size *size)
{
    const dataset_info *info = &d->info;
    const shard_layout *l = &d->shards[stored->shard];
    size_t count = shard_sample_pixels(l);
    const void *numbers = stored->bytes;
    pixel_strides strides = strides_of(l);
    if (l->swapped) numbers_swap(stored->bytes, l->element_bytes, count);
    if (l->kind != NUMBER_PIXEL) {
        numbers_to_floats(l->kind, stored->bytes, count, d->floats);
        numbers = d->floats;
    }
    pixels_arrange(pixels, numbers, &strides, info);
    *size = (image_size){info->height, info->width};
    bool finite = info->type != PIXEL_F32 || pixels_finite(pixels, count);
    return finite ? ST_OK : mend(d, stored, pixels, count);
}
