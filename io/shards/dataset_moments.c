// io/shards/dataset_moments.c -- sums in double, in a fixed order: every rank finds the same bits.
//   mean_c = sum x / n,  deviation_c = sqrt(sum x^2 / n - mean_c^2);  a constant channel gets
//   deviation 1, so that dividing by it is harmless; NaN counts for nothing
#include "io/shards/dataset_moments.h"

#include <math.h>
#include <stdlib.h>

#define SCANNED_SAMPLES 2048

typedef struct moments {
    double weight;
    double missing[DATASET_MAX_CHANNELS]; // of the weight: NaN
    double sum[DATASET_MAX_CHANNELS], squares[DATASET_MAX_CHANNELS];
} moments;

static void moments_finish(const moments *m, dataset_info *info)
{
    for (int c = 0; c < info->channels; c++) {
        double weight = m->weight - m->missing[c];
        double mean = weight > 0 ? m->sum[c] / weight : 0;
        double variance = weight > 0 ? m->squares[c] / weight - mean * mean : 0;
        // What is left of a constant by rounding counts as none.
        bool constant = variance <= 1e-12 * (mean * mean);
        info->mean[c] = (float)mean;
        info->deviation[c] = constant ? 1.0f : (float)sqrt(variance);
    }
}

bool dataset_moments_pool(dataset_info *info, const shard_layout *shards, uint64_t shard_count)
{
    moments m = {.weight = 0};
    const char *given = NULL;
    bool all = true;
    for (uint64_t i = 0; i < shard_count; i++) {
        const shard_layout *l = &shards[i];
        if (l->odd_moments && info->odd_moments == NULL) info->odd_moments = l->path;
        if (!l->own && given == NULL) given = l->path;
        all = all && l->has_moments;
        double weight = (double)l->count;
        m.weight += weight;
        for (int c = 0; c < info->channels; c++) {
            double mean = (double)l->mean[c], deviation = (double)l->deviation[c];
            m.sum[c] += weight * mean;
            m.squares[c] += weight * (deviation * deviation + mean * mean);
        }
    }
    if (!all) return false;
    moments_finish(&m, info);
    info->given_moments = given;
    return true;
}

static double pixel_value(const void *pixels, pixel_type type, size_t i)
{
    if (type == PIXEL_U8) return ((const uint8_t *)pixels)[i] / 255.0;
    if (type == PIXEL_U16) return ((const uint16_t *)pixels)[i] / 65535.0;
    return (double)((const float *)pixels)[i];
}

static void add_sample(moments *m, const dataset_info *info, const void *pixels,
                       const image_size *size)
{
    size_t channels = (size_t)info->channels, count = (size_t)size->height * (size_t)size->width;
    double weight = info->varied ? 1.0 / (double)count : 1; // images of any size count alike
    for (size_t c = 0; c < channels; c++)
        for (size_t i = 0; i < count; i++) {
            double x = pixel_value(pixels, info->type, i * channels + c);
            if (isnan(x)) {
                m->missing[c] += weight;
                continue;
            }
            m->sum[c] += weight * x;
            m->squares[c] += weight * (x * x);
        }
    m->weight += weight * (double)count;
}

status dataset_moments_scan(dataset_info *info, dataset *d)
{
    moments m = {.weight = 0};
    uint64_t samples = info->count < SCANNED_SAMPLES ? info->count : SCANNED_SAMPLES;
    info->looked_at = samples;
    void *pixels = malloc(info->sample_bytes);
    CHECK(pixels != NULL, ST_INTERNAL, "no memory for one sample of %zu bytes", info->sample_bytes);
    status s = ST_OK;
    for (uint64_t i = 0; i < samples && s == ST_OK; i++) {
        image_size size;
        s = dataset_read_sized(d, i * info->count / samples, pixels, &size);
        if (s == ST_OK) add_sample(&m, info, pixels, &size);
    }
    free(pixels);
    TRY(s);
    moments_finish(&m, info);
    return ST_OK;
}
