// Sums of softplus and logistic functions against doubles, on odd counts and at the ends of range.
#include "tests/check.h"

#include "base/rng.h"
#include "models/kernels/logistic.h"

#include <math.h>

enum { MOST = 1500 };

static void sums_of_softplus_are_those_of_doubles(void **state)
{
    (void)state;
    static float x[MOST];
    for (size_t count = 0; count < MOST; count += count < 70 ? 1 : 143) {
        rng r = rng_open(1, RNG_TEST, 0, count, 0);
        double exact = 0;
        for (size_t i = 0; i < count; i++) {
            x[i] = rng_range(&r, i % 3 == 0 ? -100.0f : -4.0f, i % 5 == 0 ? 90.0f : 4.0f);
            exact += fmax((double)x[i], 0) + log1p(exp(-fabs((double)x[i])));
        }
        double bound = 1e-6 * exact + 1e-7 * (double)count;
        assert_true(fabs(softplus_sum(x, count) - exact) <= bound);
    }
}

static void logistic_functions_are_within_three_units(void **state)
{
    (void)state;
    static float x[MOST], to[MOST];
    for (size_t count = 1; count < 20; count++) {
        for (size_t i = 0; i < MOST; i++) {
            x[i] = -90.0f + 180.0f * (float)i / MOST;
            to[i] = 7;
        }
        size_t first = MOST - count;
        logistics(to + first, x + first, count);
        assert_true(to[first - 1] == 7);
        logistics(to, x, MOST);
        for (size_t i = 0; i < MOST; i++) {
            double exact = 1 / (1 + exp(-(double)x[i]));
            double unit = (double)(nextafterf((float)exact, 2) - (float)exact);
            assert_true(fabs((double)to[i] - exact) <= 3 * unit || x[i] < -87.0f);
        }
    }
}

static void what_is_not_finite_is_seen(void **state)
{
    (void)state;
    float x[3] = {1, NAN, 2}, to[3];
    assert_true(isnan(softplus_sum(x, 3)));
    x[1] = INFINITY;
    assert_true(isinf(softplus_sum(x, 3)));
    logistics(to, x, 3);
    assert_true(to[1] == 1.0f);
    x[1] = -INFINITY;
    logistics(to, x, 3);
    assert_true(to[1] == 0.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_of_softplus_are_those_of_doubles),
        cmocka_unit_test(logistic_functions_are_within_three_units),
        cmocka_unit_test(what_is_not_finite_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
