// Tests of trainer/run/pace.h: who is found slow.
#include "trainer/run/pace.h"

#include "tests/check.h"

#define RANKS 8

static pace_found find(double seconds[RANKS][PHASE_COUNT], int ranks)
{
    double sorted[RANKS];
    return pace_find(&seconds[0][0], ranks, sorted);
}

// Each rank's forward pass takes 1 s, backward 2 s, with noise of a hundredth.
static void fill(double seconds[RANKS][PHASE_COUNT])
{
    memset(seconds, 0, RANKS * sizeof *seconds);
    for (int rank = 0; rank < RANKS; rank++) {
        seconds[rank][PHASE_FORWARD] = 1;
        seconds[rank][PHASE_BACKWARD] = 2 + 0.01 * (rank % 3);
    }
}

static void a_slow_rank_is_found_with_its_phase(void **state)
{
    (void)state;
    double seconds[RANKS][PHASE_COUNT];
    fill(seconds);
    seconds[5][PHASE_DATA] = 1.5;
    pace_found found = find(seconds, RANKS);
    assert_true(found.straggles);
    assert_int_equal(found.slowest, 5);
    assert_int_equal(found.phase, PHASE_DATA);
    assert_float_equal(found.excess, 1.5, 1e-9);
    assert_float_equal(found.median, 3.01, 1e-9);
}

static void waiting_does_not_count(void **state)
{
    (void)state;
    double seconds[RANKS][PHASE_COUNT];
    fill(seconds);
    for (int rank = 0; rank < RANKS; rank++)
        seconds[rank][PHASE_WAIT] = rank == 2 ? 0 : 5;
    assert_false(find(seconds, RANKS).straggles);
}

static void noise_is_no_straggler(void **state)
{
    (void)state;
    double seconds[RANKS][PHASE_COUNT];
    fill(seconds);
    for (int rank = 0; rank < RANKS; rank++)
        seconds[rank][PHASE_BACKWARD] += 0.4 * rank; // 30 % more, but so are others
    assert_false(find(seconds, RANKS).straggles);
}

static void of_two_ranks_the_slow_one_is_found(void **state)
{
    (void)state;
    double seconds[RANKS][PHASE_COUNT];
    fill(seconds);
    seconds[1][PHASE_FORWARD] = 4;
    pace_found found = find(seconds, 2);
    assert_true(found.straggles);
    assert_int_equal(found.slowest, 1);
    assert_int_equal(found.phase, PHASE_FORWARD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_slow_rank_is_found_with_its_phase),
        cmocka_unit_test(waiting_does_not_count),
        cmocka_unit_test(noise_is_no_straggler),
        cmocka_unit_test(of_two_ranks_the_slow_one_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
