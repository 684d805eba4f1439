// trainer/codes/dense_codes.c -- see dense_codes.h.
#include "trainer/codes/dense_codes.h"

#include <math.h>
#include <string.h>

// The window of 9 x 9 of the source.
#define CONTRAST_SIGMA  2.0
#define CONTRAST_RADIUS 4
// Codes have no unit of their own; the average of the contrast is the floor that counts.
#define CONTRAST_FLOOR 1e-6f

static size_t code_count(const dense_codes *d)
{
    return (size_t)d->atoms * (size_t)d->height * (size_t)d->width;
}

static status take_memory(dense_codes *d)
{
    size_t planes = code_count(d) * sizeof(float);
    size_t map = (size_t)d->height * (size_t)d->width * sizeof(float);
    size_t scratch = local_contrast_scratch_floats(d->height, d->width) * sizeof(float);
    TRY(arena_create(&d->memory,
                     arena_padded(planes) + 2 * arena_padded(map) + arena_padded(scratch),
                     "a dense code"));
    d->planes = arena_take(&d->memory, planes);
    d->mean = arena_take(&d->memory, map);
    d->divisor = arena_take(&d->memory, map);
    d->scratch = arena_take(&d->memory, scratch);
    return ST_OK;
}

status dense_codes_create(dense_codes *d, const dense_choice *choice, int atoms, int height,
                          int width)
{
    *d = (dense_codes){
        .choice = *choice,
        .contrast = {gaussian_of(CONTRAST_SIGMA, CONTRAST_RADIUS), CONTRAST_FLOOR, true},
        .atoms = atoms,
        .height = height,
        .width = width};
    CHECK(choice->pool <= height && choice->pool <= width, ST_USAGE,
          "encode: codes of %d x %d places cannot be averaged over %lld x %lld; take a smaller "
          "--pool",
          height, width, (long long)choice->pool, (long long)choice->pool);
    return take_memory(d);
}

void dense_codes_destroy(dense_codes *d)
{
    arena_destroy(&d->memory);
    *d = (dense_codes){0};
}

int dense_codes_height(const dense_codes *d)
{
    return d->height / (int)d->choice.pool;
}

int dense_codes_width(const dense_codes *d)
{
    return d->width / (int)d->choice.pool;
}

// Average of the P x P places of one atom's map that begin at (top, left).
static float average(const dense_codes *d, const float *map, int top, int left)
{
    int side = (int)d->choice.pool;
    double sum = 0;
    for (int y = top; y < top + side; y++)
        for (int x = left; x < left + side; x++)
            sum += (double)map[(size_t)y * (size_t)d->width + (size_t)x];
    return (float)(sum / ((double)side * side));
}

void dense_codes_make(dense_codes *d, const float *code, float *image_pixels)
{
    size_t count = code_count(d), map = (size_t)d->height * (size_t)d->width;
    memcpy(d->planes, code, count * sizeof *code);
    for (size_t i = 0; d->choice.rectify && i < count; i++)
        d->planes[i] = fabsf(d->planes[i]);
    if (d->choice.normalise)
        local_contrast_normalise(
            &d->contrast,
            &(image){
                .channels = d->atoms, .height = d->height, .width = d->width, .planes = d->planes},
            d->mean, d->divisor, d->scratch);
    int side = (int)d->choice.pool;
    for (int y = 0; y < dense_codes_height(d); y++)
        for (int x = 0; x < dense_codes_width(d); x++)
            for (int k = 0; k < d->atoms; k++)
                *image_pixels++ = average(d, d->planes + (size_t)k * map, y * side, x * side);
}
