// The blur agrees with the Gaussian itself, summed over both directions at once, also where the
// radius is larger than the image.
#include "tests/io/augment_trial.h"

#include <math.h>
#include <stdlib.h>

static double mirrored_value(const image *x, int channel, int row, int column)
{
    while (row < 0 || row >= x->height)
        row = row < 0 ? -1 - row : 2 * x->height - 1 - row;
    while (column < 0 || column >= x->width)
        column = column < 0 ? -1 - column : 2 * x->width - 1 - column;
    return (double)x->planes[(channel * x->height + row) * x->width + column];
}

static double blurred_value(const image *x, int channel, int row, int column, double sigma)
{
    int radius = (int)ceil(3 * sigma);
    double sum = 0, total = 0;
    for (int dy = -radius; dy <= radius; dy++)
        for (int dx = -radius; dx <= radius; dx++) {
            double weight = exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
            sum += weight * mirrored_value(x, channel, row + dy, column + dx);
            total += weight;
        }
    return sum / total;
}

static void agrees_with_the_double_sum(void **state)
{
    (void)state;
    static const struct {
        int channels, height, width;
        const char *settings;
        double sigma;
    } cases[] = {{3, 17, 23, "{p: 1, low: 0.8, high: 0.8}", 0.8},
                 {1, 5, 40, "{p: 1, low: 2, high: 2}", 2},
                 {7, 8, 1, "{p: 1, low: 1.5, high: 1.5}", 1.5},
                 {2, 4, 3, "{p: 1, low: 10, high: 10}", 10},
                 {3, 6, 6, "{p: 1, low: 0.1, high: 0.1}", 0.1}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        image x = random_image(cases[k].channels, cases[k].height, cases[k].width, k);
        image stored = random_image(cases[k].channels, cases[k].height, cases[k].width, k);
        run_augment("gaussian_blur", cases[k].settings, 1, &x);
        for (int i = 0; i < image_count(&x); i++) {
            int column = i % x.width, row = i / x.width % x.height;
            int channel = i / (x.width * x.height);
            double expected = blurred_value(&stored, channel, row, column, cases[k].sigma);
            assert_true(fabs((double)x.planes[i] - expected) < 1e-6);
        }
        free(x.planes);
        free(stored.planes);
    }
}

// Neither the mean nor a constant changes.
static void keeps_mean_and_constants(void **state)
{
    (void)state;
    for (uint64_t key = 0; key < 20; key++) {
        image x = random_image(2, 19, 21, key);
        int n = 19 * 21;
        double before = 0, after = 0;
        for (int i = 0; i < n; i++) {
            before += (double)x.planes[i] / n;
            x.planes[n + i] = 0.7f;
        }
        run_augment("gaussian_blur", "{p: 1}", key, &x);
        for (int i = 0; i < n; i++) {
            after += (double)x.planes[i] / n;
            assert_true(fabs((double)x.planes[n + i] - 0.7) < 1e-6);
        }
        assert_true(fabs(before - after) < 1e-6);
        free(x.planes);
    }
}

// The variance of a blurred single pixel is sigma^2 in each direction, so it tells the sigma drawn.
static void sigma_is_uniform_between_its_bounds(void **state)
{
    (void)state;
    const int count = 400, size = 41, middle = 20;
    double sum = 0, least = 100, largest = 0;
    int unchanged = 0;
    for (int key = 0; key < count; key++) {
        image x = random_image(1, size, size, 0);
        for (int i = 0; i < size * size; i++)
            x.planes[i] = 0;
        x.planes[middle * size + middle] = 1;
        run_augment("gaussian_blur", "{p: 0.5, low: 1, high: 2}", (uint64_t)key, &x);
        double variance = 0;
        for (int i = 0; i < size * size; i++) {
            int away = i % size - middle;
            variance += away * away * (double)x.planes[i];
        }
        free(x.planes);
        if (variance < 0.01) {
            unchanged++;
            continue;
        }
        double sigma = sqrt(variance);
        sum += sigma;
        least = fmin(least, sigma), largest = fmax(largest, sigma);
    }
    assert_in_range(unchanged, 160, 240);
    assert_true(least > 0.95 && least < 1.1 && largest > 1.85 && largest < 2.01);
    assert_true(fabs(sum / (count - unchanged) - 1.48) < 0.07);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_the_double_sum),
        cmocka_unit_test(keeps_mean_and_constants),
        cmocka_unit_test(sigma_is_uniform_between_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
