// Draws are pure functions of their key, uniform, and the permutation is a permutation.
#include "tests/check.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

static void same_key_gives_same_draws(void **state)
{
    (void)state;
    rng a = rng_open(7, RNG_TEST, 3, 12345678901ull, 1), b = a;
    for (int i = 0; i < 100; i++)
        assert_int_equal(rng_bits(&a), rng_bits(&b));
}

static void each_part_of_the_key_matters(void **state)
{
    (void)state;
    rng streams[] = {
        rng_open(7, RNG_TEST, 3, 5, 1),          rng_open(8, RNG_TEST, 3, 5, 1),
        rng_open(7, RNG_ORDER, 3, 5, 1),         rng_open(7, RNG_TEST, 4, 5, 1),
        rng_open(7, RNG_TEST, 3, 6, 1),          rng_open(7, RNG_TEST, 3, 5, 2),
        rng_open(7, RNG_TEST, 3, 5ull << 33, 1),
    };
    uint32_t first[7];
    for (int i = 0; i < 7; i++)
        first[i] = rng_bits(&streams[i]);
    for (int i = 0; i < 7; i++)
        for (int j = 0; j < i; j++)
            assert_int_not_equal(first[i], first[j]);
}

// Philox 4x32-10 on zeros: the known answer of Random123's kat_vectors.
static void philox_known_answer(void **state)
{
    (void)state;
    rng r = {0};
    const uint32_t expected[4] = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
    for (int i = 0; i < 4; i++)
        assert_int_equal(rng_bits(&r), expected[i]);
}

static void uniform_has_its_moments(void **state)
{
    (void)state;
    double sum = 0, squares = 0, normal = 0, normal_squares = 0;
    const int count = 200000;
    rng r = rng_open(1, RNG_TEST, 0, 0, 0);
    for (int i = 0; i < count; i++) {
        double u = (double)rng_uniform(&r), g = (double)rng_normal(&r);
        assert_true(u >= 0 && u < 1);
        sum += u, squares += u * u, normal += g, normal_squares += g * g;
    }
    assert_true(fabs(sum / count - 0.5) < 0.003);
    assert_true(fabs(squares / count - 1.0 / 3) < 0.003);
    assert_true(fabs(normal / count) < 0.01);
    assert_true(fabs(normal_squares / count - 1) < 0.02);
}

static void below_is_even(void **state)
{
    (void)state;
    int seen[7] = {0};
    rng r = rng_open(2, RNG_TEST, 0, 0, 0);
    for (int i = 0; i < 70000; i++)
        seen[rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9600, 10400);
}

static void permutation_is_one(void **state)
{
    (void)state;
    const uint64_t counts[] = {1, 2, 3, 5, 16, 17, 1000, 4097};
    for (int c = 0; c < 8; c++) {
        char *seen = calloc(counts[c], 1);
        for (uint64_t i = 0; i < counts[c]; i++) {
            uint64_t to = permutation_at(5, RNG_ORDER, 2, 0, counts[c], i);
            assert_true(to < counts[c]);
            assert_int_equal(seen[to], 0);
            seen[to] = 1;
        }
        free(seen);
    }
}

static void permutation_changes_with_epoch(void **state)
{
    (void)state;
    int moved = 0;
    for (uint64_t i = 0; i < 1000; i++)
        moved += permutation_at(5, RNG_ORDER, 0, 0, 1000, i) !=
                 permutation_at(5, RNG_ORDER, 1, 0, 1000, i);
    assert_true(moved > 980);
}

// Box and Muller's numbers of one group, in double, from the words that rng_bits gives.
static void expected_normals(rng *r, double group[RNG_NORMALS_GROUP])
{
    for (int i = 0; i < 16; i++)
        for (int pair = 0; pair < 2; pair++) {
            double u = ((double)rng_bits(r) + 1) * 0x1p-32, v = (double)rng_bits(r) * 0x1p-32;
            double radius = sqrt(-2 * log(u)), angle = 6.283185307179586 * v;
            group[32 * pair + i] = radius * cos(angle);
            group[32 * pair + 16 + i] = radius * sin(angle);
        }
}

// From anywhere in a block.
static void many_normals_are_box_mullers(void **state)
{
    (void)state;
    enum { MOST = 700 };
    static const size_t counts[] = {0, 1, 31, 63, 64, 65, 127, 128, 129, 500, MOST};
    double largest = 0;
    for (int skipped = 0; skipped < 5; skipped++)
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            float many[MOST + 1];
            double group[RNG_NORMALS_GROUP];
            rng a = rng_open(5, RNG_TEST, 1, c, 0);
            for (int i = 0; i < skipped; i++)
                rng_bits(&a);
            rng b = a;
            b.left = 0;
            many[counts[c]] = 7.0f;
            rng_normals(&a, many, counts[c]);
            assert_true(many[counts[c]] == 7.0f);
            for (size_t i = 0; i < counts[c]; i++) {
                if (i % RNG_NORMALS_GROUP == 0) expected_normals(&b, group);
                largest = fmax(largest, fabs((double)many[i] - group[i % RNG_NORMALS_GROUP]));
            }
            assert_int_equal(rng_bits(&a), rng_bits(&b));
        }
    if (!(largest < 1e-5)) fail_msg("%g apart", largest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_key_gives_same_draws),
        cmocka_unit_test(each_part_of_the_key_matters),
        cmocka_unit_test(philox_known_answer),
        cmocka_unit_test(uniform_has_its_moments),
        cmocka_unit_test(below_is_even),
        cmocka_unit_test(permutation_is_one),
        cmocka_unit_test(many_normals_are_box_mullers),
        cmocka_unit_test(permutation_changes_with_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
