// tests/io/augment_trial.c -- see augment_trial.h.
#include "tests/io/augment_trial.h"

#include <stdlib.h>

dataset_info make_info(int channels, int height, int width, pixel_type type)
{
    dataset_info info = {
        .count = 10, .channels = channels, .height = height, .width = width, .type = type};
    size_t sizes[] = {1, 2, 4};
    info.sample_bytes = (size_t)(channels * height * width) * sizes[type];
    for (int c = 0; c < channels; c++) {
        info.mean[c] = 0.4f + 0.01f * (float)c;
        info.deviation[c] = 0.25f;
    }
    return info;
}

void fill_pixels(const dataset_info *info, uint64_t sample, void *pixels)
{
    rng r = rng_open(9, RNG_TEST, 0, sample, 0);
    int count = info->channels * info->height * info->width;
    for (int i = 0; i < count; i++)
        if (info->type == PIXEL_U8)
            ((uint8_t *)pixels)[i] = (uint8_t)rng_below(&r, 256);
        else if (info->type == PIXEL_U16)
            ((uint16_t *)pixels)[i] = (uint16_t)rng_below(&r, 65536);
        else
            ((float *)pixels)[i] = rng_range(&r, 0, 1);
}

image random_image(int channels, int height, int width, uint64_t sample)
{
    image x = {.channels = channels,
               .height = height,
               .width = width,
               .planes = malloc(LARGEST * sizeof(float))};
    assert_non_null(x.planes);
    rng r = rng_open(8, RNG_TEST, 0, sample, 0);
    for (int i = 0; i < channels * height * width; i++)
        x.planes[i] = rng_uniform(&r);
    return x;
}

int image_count(const image *x)
{
    return x->channels * x->height * x->width;
}

bool same_planes(const image *a, const image *b)
{
    for (int i = 0; i < image_count(a); i++)
        if (a->planes[i] != b->planes[i]) return false;
    return true;
}

void *read_settings(const augment_type *type, const char *text, const dataset_info *info)
{
    void *settings = calloc(1, type->config_size);
    assert_non_null(settings);
    config *c;
    assert_ok(config_parse(&c, text, "test", 0, NULL));
    assert_ok(config_read(c, "", (const config_part[]){{type->fields, settings}, {0}}));
    config_destroy(c);
    if (type->bind != NULL) type->bind(settings, info);
    return settings;
}

void unit_whitening(size_t dim, float **mean, float **matrix)
{
    *mean = calloc(dim, sizeof **mean);
    *matrix = calloc(dim * dim, sizeof **matrix);
    assert_non_null(*mean);
    assert_non_null(*matrix);
    for (size_t i = 0; i < dim; i++)
        (*matrix)[i * dim + i] = 1.0f;
}

void run_augment(const char *name, const char *text, uint64_t key, image *x)
{
    const augment_type *type = augment_find(name);
    assert_non_null(type);
    dataset_info info = make_info(x->channels, x->height, x->width, PIXEL_U8);
    void *settings = read_settings(type, text, &info);
    rng r = rng_open(3, RNG_TEST, 0, key, 0);
    image out = *x;
    float *scratch = NULL;
    if (type->reshape != NULL) {
        assert_ok(type->reshape(settings, x, &out));
        out.planes = malloc(LARGEST * sizeof(float));
    }
    if (type->scratch_floats != NULL)
        scratch = malloc(type->scratch_floats(settings, x, &out) * sizeof(float));
    float *mean = NULL, *matrix = NULL;
    if (type->whitening_epsilon != NULL) unit_whitening((size_t)image_count(x), &mean, &matrix);
    const whitening unit = {mean, matrix};
    type->apply(settings, &(augment_run){&r, x, &out, scratch, &unit});
    free(mean);
    free(matrix);
    if (out.planes != x->planes) free(x->planes);
    *x = out;
    free(scratch);
    free(settings);
}
