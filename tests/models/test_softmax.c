// Vector exponentials and maxima against the C library's, on odd counts and at the ends of range.
#include "tests/check.h"

#include "base/rng.h"
#include "models/kernels/softmax.h"

#include <math.h>
#include <stdlib.h>

static void exponentials_are_within_one_unit(void **state)
{
    (void)state;
    enum { COUNT = 200001 };
    float *x = malloc(COUNT * sizeof *x);
    assert_non_null(x);
    double worst = 0;
    const float low = -87.0f, step = 175.0f / COUNT;
    for (int i = 0; i < COUNT; i++)
        x[i] = low + (float)i * step;
    exponentials(x, COUNT, 0.0f);
    for (int i = 0; i < COUNT; i++) {
        double exact = exp((double)(low + (float)i * step));
        float rounded = (float)exact;
        double unit = (double)(nextafterf(rounded, INFINITY) - rounded);
        worst = fmax(worst, fabs((double)x[i] - exact) / unit);
    }
    free(x);
    assert_true(worst < 1.0);
}

static void ends_of_the_range_are_kept(void **state)
{
    (void)state;
    float x[] = {-88, -1000, -INFINITY, 89, INFINITY, NAN, 0};
    exponentials(x, 7, 0.0f);
    for (int i = 0; i < 3; i++)
        assert_true(x[i] == 0.0f);
    assert_true(isinf(x[3]) && isinf(x[4]) && isnan(x[5]) && x[6] == 1.0f);
}

static void sums_and_maxima_see_every_float(void **state)
{
    (void)state;
    for (size_t count = 0; count < 70; count++) {
        rng r = rng_open(1, RNG_TEST, 0, count, 0);
        float x[70], most = -5.0f;
        double sum = 0;
        for (size_t i = 0; i < count; i++) {
            x[i] = rng_range(&r, -4.0f, 6.0f);
            most = fmaxf(most, x[i]);
            sum += exp((double)x[i] - 2.0);
        }
        assert_true(largest(x, count, -5.0f) == most);
        assert_true(largest(x, count, 7.0f) == 7.0f);
        assert_true(fabs(exponentials(x, count, 2.0f) - sum) <= 1e-6 * sum);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exponentials_are_within_one_unit),
        cmocka_unit_test(ends_of_the_range_are_kept),
        cmocka_unit_test(sums_and_maxima_see_every_float),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
