// io/shards/dataset_values.c -- pixels of samples spread over the data set, sorted.
#include "io/shards/dataset_values.h"

#include <math.h>
#include <stdlib.h>

static float value_of(const void *pixels, pixel_type type, size_t i)
{
    if (type == PIXEL_U8) return (float)((const uint8_t *)pixels)[i] / 255.0f;
    if (type == PIXEL_U16) return (float)((const uint16_t *)pixels)[i] / 65535.0f;
    return ((const float *)pixels)[i];
}

// All pixels for least and largest; of them, at most `most` to be kept.
static void add_sample(dataset_values *v, const void *pixels, pixel_type type, size_t count,
                       size_t most)
{
    for (size_t i = 0; i < count; i++) {
        float x = value_of(pixels, type, i);
        v->least = fminf(v->least, x);
        v->largest = fmaxf(v->largest, x);
    }
    size_t kept = count < most ? count : most;
    for (size_t i = 0; i < kept; i++)
        v->sorted[v->count++] = value_of(pixels, type, i * count / kept);
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

status dataset_values_measure(dataset *d, dataset_values *v)
{
    const dataset_info *info = dataset_get_info(d);
    uint64_t samples = info->count < VALUES_SAMPLES ? info->count : VALUES_SAMPLES;
    *v = (dataset_values){.least = INFINITY, .largest = -INFINITY};
    v->sorted = malloc(VALUES_KEPT * sizeof *v->sorted);
    void *pixels = malloc(info->sample_bytes);
    status s = ST_OK;
    if (v->sorted == NULL || pixels == NULL)
        s = failure(ST_INTERNAL, "no memory to look at the values of pixels");
    for (uint64_t i = 0; i < samples && s == ST_OK; i++) {
        image_size size;
        s = dataset_read_sized(d, i * info->count / samples, pixels, &size);
        size_t count = (size_t)size.height * (size_t)size.width * (size_t)info->channels;
        if (s == ST_OK) add_sample(v, pixels, info->type, count, VALUES_KEPT / samples);
    }
    free(pixels);
    TRY(s);
    qsort(v->sorted, v->count, sizeof *v->sorted, compare);
    return ST_OK;
}

float dataset_values_quantile(const dataset_values *v, double share)
{
    double at = share * (double)(v->count - 1);
    return v->sorted[(size_t)(at < 0 ? 0 : at + 0.5)];
}

// How many are below x, or at it if `with`.
static size_t count_below(const dataset_values *v, float x, bool with)
{
    size_t low = 0, high = v->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (v->sorted[middle] < x || (with && v->sorted[middle] == x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double dataset_values_outside(const dataset_values *v, float low, float high)
{
    size_t outside = count_below(v, low, false) + v->count - count_below(v, high, true);
    return (double)outside / (double)v->count;
}

void dataset_values_free(dataset_values *v)
{
    free(v->sorted);
    v->sorted = NULL;
}
