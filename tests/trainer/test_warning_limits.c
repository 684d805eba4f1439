// Each warning is provoked, told once, and silent for a run in good health.
#include "tests/check.h"

#include "base/log.h"
#include "trainer/loop/warnings.h"

#include <math.h>

static const warnings_setup good = {4096, 50000, 39000, 0.99};

static void a_good_run_hears_nothing(void **state)
{
    (void)state;
    warnings w = {0};
    health h = {-3, 200, 0.8};
    assert_false(warn_negatives(&w, &good));
    assert_false(warn_momentum(&w, &good));
    assert_false(warn_chance(&w, &good, 6.5, 40));
    assert_false(warn_leak(&w, &good, 0.7, 100000, 40));
    assert_false(warn_collapse(&w, &h));
}

static void too_many_negatives_are_told_once(void **state)
{
    (void)state;
    warnings w = {0};
    warnings_setup setup = good;
    setup.samples = 40960;
    assert_false(warn_negatives(&w, &setup)); // exactly a tenth
    setup.samples--;
    assert_true(warn_negatives(&w, &setup));
    assert_false(warn_negatives(&w, &setup));
}

static void empty_codes_are_told_once(void **state)
{
    (void)state;
    warnings w = {0};
    assert_false(warn_empty(&w, 1e-6));
    assert_true(warn_empty(&w, 0));
    assert_false(warn_empty(&w, 0));
}

static void embeddings_near_one_point_are_told_once(void **state)
{
    (void)state;
    warnings w = {0};
    assert_false(warn_point(&w, "std", (double)NAN, 1.98));
    assert_false(warn_point(&w, "std", 1.3, 1.98));
    assert_true(warn_point(&w, "std", 1.95, 1.98));
    assert_false(warn_point(&w, "std", 1.95, 1.98));
}

static void slow_momentum_is_told_once(void **state)
{
    (void)state;
    warnings w = {0};
    warnings_setup setup = good;
    setup.momentum = 0.999; // remembers 1000 steps
    setup.steps_total = 4010;
    assert_false(warn_momentum(&w, &setup));
    setup.steps_total = 3990;
    assert_true(warn_momentum(&w, &setup));
    assert_false(warn_momentum(&w, &setup));
}

static void momentum_one_never_moves_and_zero_is_never_slow(void **state)
{
    (void)state;
    warnings w = {0};
    warnings_setup setup = good;
    setup.momentum = 1;
    setup.steps_total = 1000000000;
    assert_true(warn_momentum(&w, &setup));
    w = (warnings){0};
    setup.momentum = 0;
    setup.steps_total = 1;
    assert_false(warn_momentum(&w, &setup));
}

static void a_learning_rate_of_zero_is_told_once(void **state)
{
    (void)state;
    warnings w = {0};
    assert_false(warn_rate(&w, 1e-12, 100));
    assert_false(warn_rate(&w, 0, 0)); // nothing left to do
    assert_true(warn_rate(&w, 0, 100));
    assert_false(warn_rate(&w, 0, 100));
}

static void a_loss_at_chance_is_told_after_an_epoch(void **state)
{
    (void)state;
    warnings w = {0};
    double chance = log(4097);
    assert_false(warn_chance(&w, &good, chance, 0.5));
    assert_false(warn_chance(&w, &good, chance - 0.1, 1));
    assert_true(warn_chance(&w, &good, chance, 1));
    assert_false(warn_chance(&w, &good, chance + 1, 2));
}

static void a_leak_is_told_once_the_queue_is_full(void **state)
{
    (void)state;
    warnings w = {0};
    assert_false(warn_leak(&w, &good, 0.99, 4095, 1));
    assert_false(warn_leak(&w, &good, 0.95, 4096, 1));
    assert_false(warn_leak(&w, &good, 0.99, 5000, 0.9)); // encoders are nearly equal yet
    assert_true(warn_leak(&w, &good, 0.96, 4096, 1));
    assert_false(warn_leak(&w, &good, 0.99, 5000, 1));
}

static void collapse_shows_in_deviation_or_in_rank(void **state)
{
    (void)state;
    warnings w = {0};
    health still = {-0.001, 30, 0.001}, line = {-1, 1.9, 0.9}, thin = {-0.01, 2.1, 0.02};
    assert_false(warn_collapse(&w, &thin));
    assert_true(warn_collapse(&w, &still));
    assert_false(warn_collapse(&w, &line)); // told already
    w = (warnings){0};
    assert_true(warn_collapse(&w, &line));
}

static void a_method_without_negatives_hears_nothing_of_them(void **state)
{
    (void)state;
    warnings w = {0};
    warnings_setup setup = {0, 100, 10, 0.999};
    assert_false(warn_negatives(&w, &setup));
    assert_false(warn_momentum(&w, &setup));
    assert_false(warn_chance(&w, &setup, 9, 9));
    assert_false(warn_leak(&w, &setup, 1, 9, 9));
}

int main(void)
{
    log_set_silent(true);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_run_hears_nothing),
        cmocka_unit_test(too_many_negatives_are_told_once),
        cmocka_unit_test(empty_codes_are_told_once),
        cmocka_unit_test(embeddings_near_one_point_are_told_once),
        cmocka_unit_test(slow_momentum_is_told_once),
        cmocka_unit_test(momentum_one_never_moves_and_zero_is_never_slow),
        cmocka_unit_test(a_learning_rate_of_zero_is_told_once),
        cmocka_unit_test(a_loss_at_chance_is_told_after_an_epoch),
        cmocka_unit_test(a_leak_is_told_once_the_queue_is_full),
        cmocka_unit_test(collapse_shows_in_deviation_or_in_rank),
        cmocka_unit_test(a_method_without_negatives_hears_nothing_of_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
