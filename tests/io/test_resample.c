// Resizing a box agrees with the definition of the filter, and sees nothing outside the box.
#include "tests/check.h"

#include "io/views/resample.h"
#include "io/views/window.h"

#include <math.h>
#include <stdlib.h>

#define CHANNELS 2

// The definition, pixel by pixel in double: both axes at once, weights normalised over the box.
static double resized_at(const image *x, const box *b, int c, double row, double column,
                         const double shrink[2])
{
    double sum = 0, weights = 0;
    for (int y = 0; y < b->height; y++)
        for (int z = 0; z < b->width; z++) {
            double weight = fmax(0, 1 - fabs(y + 0.5 - row) / fmax(shrink[0], 1)) *
                            fmax(0, 1 - fabs(z + 0.5 - column) / fmax(shrink[1], 1));
            int at = (c * x->height + b->y + y) * x->width + b->x + z;
            sum += weight * (double)x->planes[at];
            weights += weight;
        }
    return sum / weights;
}

static void check_box(const image *x, const box *b, int height, int width)
{
    float planes[CHANNELS * 40 * 40];
    image out = {.channels = CHANNELS, .height = height, .width = width, .planes = planes};
    float *scratch = malloc(resample_scratch_floats(x, &out) * sizeof(float));
    assert_non_null(scratch);
    resample(x, b, &out, scratch);
    free(scratch);
    double shrink[2] = {(double)b->height / height, (double)b->width / width};
    for (int c = 0; c < CHANNELS; c++)
        for (int i = 0; i < height; i++)
            for (int j = 0; j < width; j++) {
                double expected =
                    resized_at(x, b, c, (i + 0.5) * shrink[0], (j + 0.5) * shrink[1], shrink);
                double got = (double)planes[(c * height + i) * width + j];
                if (!(fabs(got - expected) < 2e-6))
                    fail_msg("pixel %d, %d, %d: got %.9g, expected %.9g", c, i, j, got, expected);
            }
}

static void resizing_agrees_with_its_definition(void **state)
{
    (void)state;
    static const box boxes[] = {{0, 0, 37, 33}, {5, 3, 20, 11}, {36, 32, 1, 1},
                                {4, 0, 33, 2},  {1, 30, 36, 3}, {10, 10, 16, 16}};
    static const int sizes[][2] = {{33, 37}, {16, 16}, {40, 40}, {1, 1}, {7, 31}, {2, 40}};
    float planes[CHANNELS * 33 * 37];
    image x = {.channels = CHANNELS, .height = 33, .width = 37, .planes = planes};
    rng r = rng_open(8, RNG_TEST, 0, 0, 0);
    for (int i = 0; i < CHANNELS * 33 * 37; i++)
        planes[i] = rng_uniform(&r);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++)
            check_box(&x, &boxes[i], sizes[j][0], sizes[j][1]);
}

// Where an edge of the filter falls onto a pixel's middle, rounding must not add a tap: 26 to 47.
static void every_length_becomes_every_other(void **state)
{
    (void)state;
    float planes[CHANNELS * 48];
    rng r = rng_open(8, RNG_TEST, 0, 1, 0);
    for (int i = 0; i < CHANNELS * 48; i++)
        planes[i] = rng_uniform(&r);
    for (int from = 1; from <= 48; from++)
        for (int to = 1; to <= 70; to++) {
            image x = {.channels = CHANNELS, .height = 1, .width = from, .planes = planes};
            check_box(&x, &(box){0, 0, from, 1}, 1, to);
        }
}

// Pixels (H, W, C) of 13 x 21 to the planes that they stand for.
static image planes_of(const image *stored, float *planes)
{
    image x = {.channels = stored->channels, .height = 13, .width = 21, .planes = planes};
    for (int i = 0; i < 13 * 21; i++)
        for (int c = 0; c < x.channels; c++) {
            int at = i * x.channels + c;
            float value =
                stored->type == PIXEL_U8    ? (float)((const uint8_t *)stored->pixels)[at] / 255
                : stored->type == PIXEL_U16 ? (float)((const uint16_t *)stored->pixels)[at] / 65535
                                            : ((const float *)stored->pixels)[at];
            planes[c * 13 * 21 + i] = value;
        }
    return x;
}

static void an_image_as_stored_is_the_same_as_its_planes(void **state)
{
    (void)state;
    static const box boxes[] = {{0, 0, 21, 13}, {3, 2, 16, 9}, {20, 12, 1, 1}, {1, 1, 19, 10}};
    float pixels[5 * 13 * 21], planes[5 * 13 * 21], got[5 * 19 * 40], expected[5 * 19 * 40];
    rng r = rng_open(8, RNG_TEST, 0, 2, 0);
    for (int i = 0; i < 5 * 13 * 21; i++)
        pixels[i] = rng_uniform(&r);
    for (int channels = 1; channels <= 5; channels++)
        for (pixel_type type = PIXEL_U8; type <= PIXEL_F32; type++)
            for (int i = 0; i < 4; i++) {
                image stored = {.channels = channels,
                                .height = 13,
                                .width = 21,
                                .pixels = pixels,
                                .type = type};
                image x = planes_of(&stored, planes);
                image a = {
                    .channels = channels, .height = i == 3 ? 10 : 40, .width = 19, .planes = got};
                image b = a;
                b.planes = expected;
                float *scratch = malloc(resample_scratch_floats(&x, &a) * sizeof(float));
                assert_non_null(scratch);
                resample(&stored, &boxes[i], &a, scratch);
                resample(&x, &boxes[i], &b, scratch);
                free(scratch);
                assert_memory_equal(got, expected,
                                    (size_t)(a.channels * a.height * a.width) * sizeof(float));
            }
}

static void every_byte_is_divided_by_255(void **state)
{
    (void)state;
    enum { COUNT = 261, MOST = 4 };
    uint8_t pixels[MOST * COUNT];
    float planes[MOST * COUNT];
    for (int channels = 1; channels <= MOST; channels++)
        for (int width = 1; width <= COUNT; width += 13) {
            for (int i = 0; i < channels * width; i++)
                pixels[i] = (uint8_t)(i / channels + 85 * (i % channels));
            image stored = {.channels = channels,
                            .height = 1,
                            .width = width,
                            .pixels = pixels,
                            .type = PIXEL_U8};
            image out = {.channels = channels, .height = 1, .width = width, .planes = planes};
            window_planes(&stored, 0, 0, &out);
            for (int i = 0; i < channels * width; i++)
                assert_true(planes[i % channels * width + i / channels] == (float)pixels[i] / 255);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resizing_agrees_with_its_definition),
        cmocka_unit_test(every_length_becomes_every_other),
        cmocka_unit_test(an_image_as_stored_is_the_same_as_its_planes),
        cmocka_unit_test(every_byte_is_divided_by_255),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
