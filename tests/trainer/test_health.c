// Features' health against values known by hand, and singular values against a known matrix.
#include "tests/check.h"

#include "models/kernels/singular_values.h"
#include "trainer/evaluation/health.h"

#include <math.h>
#include <stdlib.h>

#define near(a, b) (fabs((double)(a) - (double)(b)) < 1e-5)

enum { DIM = 11 }; // no multiple of a vector register

// Row i is unit vector i.
static void fill_orthonormal(float rows[DIM * DIM])
{
    memset(rows, 0, sizeof(float) * DIM * DIM);
    for (size_t i = 0; i < DIM; i++)
        rows[i * DIM + i] = 1;
}

static void orthonormal_rows_use_every_direction(void **state)
{
    (void)state;
    float rows[DIM * DIM];
    fill_orthonormal(rows);
    health h;
    assert_ok(health_measure(rows, DIM, DIM, &h));
    assert_true(near(h.uniformity, -4)); // all squared distances are 2
    assert_true(near(h.effective_rank, DIM));
    // A coordinate is 1 once in DIM rows: variance (1/DIM)(1 - 1/DIM).
    assert_true(near(h.deviation, sqrt(1 - 1.0 / DIM)));
}

static void equal_rows_are_collapsed(void **state)
{
    (void)state;
    float rows[5 * DIM];
    for (int i = 0; i < 5 * DIM; i++)
        rows[i] = (float)(1 / sqrt(DIM));
    health h;
    assert_ok(health_measure(rows, 5, DIM, &h));
    assert_true(near(h.uniformity, 0));
    assert_true(near(h.effective_rank, 1));
    assert_true(near(h.deviation, 0));
}

// The corners of a regular simplex in the plane: three unit vectors at 120 degrees.
static void a_simplex_has_its_distances(void **state)
{
    (void)state;
    float half = 0.5f, high = (float)(sqrt(3) / 2);
    float rows[] = {1, 0, -half, high, -half, -high};
    health h;
    assert_ok(health_measure(rows, 3, 2, &h));
    assert_true(near(h.uniformity, -6)); // squared distances are 3
    assert_true(near(h.effective_rank, 2));
    assert_true(near(h.deviation, 1)); // each coordinate has mean 0 and variance 1/2
}

static void alignment_is_the_mean_squared_distance(void **state)
{
    (void)state;
    float x[] = {1, 0, 0, 1}, y[] = {0, 1, 0, 1};
    assert_true(near(health_alignment(x, y, 2, 2), 1)); // 2 and 0
    assert_true(near(health_alignment(x, x, 2, 2), 0));
}

static void singular_values_of_a_scaled_rotation(void **state)
{
    (void)state;
    // (cos -sin; sin cos) diag(5, 2) and a row of zeros: 5 and 2, for either orientation.
    float c = 0.6f, s = 0.8f;
    float tall[] = {5 * c, -2 * s, 5 * s, 2 * c, 0, 0};
    float wide[] = {5 * c, 5 * s, 0, -2 * s, 2 * c, 0};
    float values[2];
    assert_ok(singular_values(tall, 3, 2, values));
    assert_true(near(values[0], 5) && near(values[1], 2));
    assert_ok(singular_values(wide, 2, 3, values));
    assert_true(near(values[0], 5) && near(values[1], 2));
}

static void effective_rank_of_unequal_shares(void **state)
{
    (void)state;
    float values[] = {3, 1, 0};
    double entropy = -(0.75 * log(0.75) + 0.25 * log(0.25));
    assert_true(near(health_effective_rank(values, 3), exp(entropy)));
    float zeros[2] = {0};
    assert_true(near(health_effective_rank(zeros, 2), 0));
}

static void features_that_are_not_finite_are_told(void **state)
{
    (void)state;
    float rows[] = {1, 0, NAN, 1};
    health h;
    assert_fails(health_measure(rows, 2, 2, &h), ST_DIVERGED, "not finite");
}

static void chosen_rows_are_evenly_spread(void **state)
{
    (void)state;
    enum { COUNT = 3 * HEALTH_ROWS };
    float *rows = malloc(COUNT * sizeof *rows), *chosen = malloc(HEALTH_ROWS * sizeof *chosen);
    assert_true(rows != NULL && chosen != NULL);
    for (int i = 0; i < COUNT; i++)
        rows[i] = (float)i;
    assert_int_equal(health_choose(rows, COUNT, 1, chosen), HEALTH_ROWS);
    for (int i = 0; i < HEALTH_ROWS; i++)
        assert_true(near(chosen[i], 3 * i));
    assert_int_equal(health_choose(rows, 5, 1, chosen), 5);
    assert_true(near(chosen[4], 4));
    free(rows);
    free(chosen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orthonormal_rows_use_every_direction),
        cmocka_unit_test(equal_rows_are_collapsed),
        cmocka_unit_test(a_simplex_has_its_distances),
        cmocka_unit_test(alignment_is_the_mean_squared_distance),
        cmocka_unit_test(singular_values_of_a_scaled_rotation),
        cmocka_unit_test(effective_rank_of_unequal_shares),
        cmocka_unit_test(features_that_are_not_finite_are_told),
        cmocka_unit_test(chosen_rows_are_evenly_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
