// Resizing a box agrees with the definition of the filter, and sees nothing outside the box.
#include "tests/check.h"

#include "io/resample.h"

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
    image out = {CHANNELS, height, width, planes};
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
    image x = {CHANNELS, 33, 37, planes};
    rng r = rng_open(8, RNG_TEST, 0, 0, 0);
    for (int i = 0; i < CHANNELS * 33 * 37; i++)
        planes[i] = rng_uniform(&r);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++)
            check_box(&x, &boxes[i], sizes[j][0], sizes[j][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resizing_agrees_with_its_definition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
