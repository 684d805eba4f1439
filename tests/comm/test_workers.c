// Workers are shared out without gap or overlap, and a wrong number is told with its cure.
#include "tests/check.h"

#include "comm/workers.h"

static world world_of(int rank, int size)
{
    return (world){.rank = rank, .size = size, .local_rank = rank, .local_size = size};
}

static void ranks_own_all_workers_in_order(void **state)
{
    (void)state;
    for (int total = 1; total <= 24; total++)
        for (int size = 1; size <= total; size++) {
            if (total % size != 0) continue;
            int next = 0;
            for (int rank = 0; rank < size; rank++) {
                world w = world_of(rank, size);
                workers v;
                assert_ok(workers_divide(&v, &w, total, 5 * total));
                assert_int_equal(v.total, total);
                assert_int_equal(v.first, next);
                assert_int_equal(v.count, total / size);
                assert_int_equal(v.batch, 5);
                next += v.count;
            }
            assert_int_equal(next, total);
        }
}

static void message_names_the_ranks_that_would_do(void **state)
{
    (void)state;
    workers v;
    world w = world_of(0, 5);
    assert_fails(workers_divide(&v, &w, 12, 24), ST_CONFIG, "start 1, 2, 3, 4, 6, 12 ranks");
    assert_fails(workers_divide(&v, &w, 12, 24), ST_CONFIG, "multiple of 5 such as 15");
    world many = world_of(0, 16);
    assert_fails(workers_divide(&v, &many, 8, 16), ST_CONFIG, "start 1, 2, 4, 8 ranks");
}

static void long_list_of_ranks_is_cut_but_ends_with_the_greatest(void **state)
{
    (void)state;
    workers v;
    world w = world_of(0, 11);
    assert_fails(workers_divide(&v, &w, 720720 * 2000 / 11, 1), ST_CONFIG,
                 ", ..., 131040000 ranks");
}

static void message_names_the_batches_that_would_do(void **state)
{
    (void)state;
    workers v;
    world w = world_of(1, 2);
    assert_fails(workers_divide(&v, &w, 8, 100), ST_CONFIG, "set it to 96 or 104");
    assert_fails(workers_divide(&v, &w, 8, 7), ST_CONFIG, "such as 8");
    assert_fails(workers_divide(&v, &w, 8, 0), ST_CONFIG, "such as 8");
    assert_fails(workers_divide(&v, &w, 8, -8), ST_CONFIG, "such as 8");
    assert_ok(workers_divide(&v, &w, 8, 8));
    assert_int_equal(v.batch, 1);
}

static void no_workers_are_refused(void **state)
{
    (void)state;
    workers v;
    world w = world_of(0, 1);
    assert_fails(workers_divide(&v, &w, 0, 8), ST_CONFIG, "at least one");
    assert_fails(workers_divide(&v, &w, -2, 8), ST_CONFIG, "at least one");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ranks_own_all_workers_in_order),
        cmocka_unit_test(message_names_the_ranks_that_would_do),
        cmocka_unit_test(long_list_of_ranks_is_cut_but_ends_with_the_greatest),
        cmocka_unit_test(message_names_the_batches_that_would_do),
        cmocka_unit_test(no_workers_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
