// The order of samples: every sample at most once an epoch, another order each epoch, and the same
// stream however the batch is split into workers.
#include "tests/check.h"

#include "io/views/order.h"

#include <stdlib.h>

static void an_epoch_takes_each_sample_at_most_once(void **state)
{
    (void)state;
    order o = {.seed = 3, .count = 1003, .batch = 20};
    assert_int_equal(order_steps_per_epoch(&o), 50);
    for (uint64_t epoch = 0; epoch < 3; epoch++) {
        char seen[1003] = {0};
        for (uint64_t step = 50 * epoch; step < 50 * (epoch + 1); step++)
            for (uint64_t p = 0; p < o.batch; p++) {
                uint64_t sample = order_sample(&o, step, p);
                assert_true(sample < o.count);
                assert_int_equal(seen[sample]++, 0);
            }
    }
}

static void all_samples_are_taken_when_the_batch_divides(void **state)
{
    (void)state;
    order o = {.seed = 9, .count = 120, .batch = 24};
    uint64_t sum = 0;
    for (uint64_t step = 5; step < 10; step++)
        for (uint64_t p = 0; p < o.batch; p++)
            sum += order_sample(&o, step, p);
    assert_int_equal(sum, 119 * 120 / 2);
}

static void the_dropped_rest_differs_from_epoch_to_epoch(void **state)
{
    (void)state;
    order o = {.seed = 3, .count = 29, .batch = 20};
    char ever[29] = {0};
    for (uint64_t step = 0; step < 20; step++)
        for (uint64_t p = 0; p < o.batch; p++)
            ever[order_sample(&o, step, p)] = 1;
    for (int i = 0; i < 29; i++)
        assert_int_equal(ever[i], 1);
}

static void epochs_and_seeds_have_their_own_orders(void **state)
{
    (void)state;
    order a = {.seed = 3, .count = 1000, .batch = 100},
          b = {.seed = 4, .count = 1000, .batch = 100};
    int same_epoch = 0, same_seed = 0;
    for (uint64_t p = 0; p < 100; p++) {
        same_epoch += order_sample(&a, 0, p) == order_sample(&a, 10, p);
        same_seed += order_sample(&a, 0, p) == order_sample(&b, 0, p);
    }
    assert_true(same_epoch < 5);
    assert_true(same_seed < 5);
}

// The stream depends on the batch only: steps of 2b positions are two steps of b.
static void positions_run_on_over_steps(void **state)
{
    (void)state;
    order small = {.seed = 1, .count = 64, .batch = 8},
          large = {.seed = 1, .count = 64, .batch = 16};
    for (uint64_t i = 0; i < 64; i++)
        assert_int_equal(order_sample(&small, i / 8, i % 8), order_sample(&large, i / 16, i % 16));
}

static void keys_are_dealt_by_a_permutation_of_the_batch(void **state)
{
    (void)state;
    order o = {.seed = 3, .count = 1000, .batch = 48};
    int moved = 0;
    for (uint64_t step = 0; step < 10; step++) {
        char seen[48] = {0};
        for (uint64_t row = 0; row < 48; row++) {
            uint64_t position = order_shuffled(&o, step, row);
            assert_true(position < 48);
            assert_int_equal(seen[position]++, 0);
            moved += position != order_shuffled(&o, step + 1, row);
        }
    }
    assert_true(moved > 440); // 470 are expected to move
}

static void sequential_steps_cover_the_data_and_repeat_the_last(void **state)
{
    (void)state;
    order o = {.count = 10, .batch = 4};
    for (uint64_t i = 0; i < 16; i++)
        assert_int_equal(order_sequential(&o, i / 4, i % 4), i < 10 ? i : 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_epoch_takes_each_sample_at_most_once),
        cmocka_unit_test(all_samples_are_taken_when_the_batch_divides),
        cmocka_unit_test(the_dropped_rest_differs_from_epoch_to_epoch),
        cmocka_unit_test(epochs_and_seeds_have_their_own_orders),
        cmocka_unit_test(positions_run_on_over_steps),
        cmocka_unit_test(keys_are_dealt_by_a_permutation_of_the_batch),
        cmocka_unit_test(sequential_steps_cover_the_data_and_repeat_the_last),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
