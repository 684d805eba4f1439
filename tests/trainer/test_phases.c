// Time goes to the phase that was entered, and a reset forgets what came before it.
#include "tests/check.h"

#include "base/clock.h"
#include "trainer/run/phases.h"

static void busy(double seconds)
{
    for (double start = clock_seconds(); clock_seconds() - start < seconds;) {
    }
}

static void time_goes_to_the_phase_entered(void **state)
{
    (void)state;
    phases p = {0};
    phases_enter(&p, PHASE_DATA);
    busy(0.01);
    phases_enter(&p, PHASE_FORWARD);
    assert_true(p.seconds[PHASE_DATA] >= 0.01);
    assert_true(p.seconds[PHASE_FORWARD] == 0 && p.seconds[PHASE_OTHER] == 0);
    phases_move(&p, PHASE_DATA, PHASE_WAIT, 0.004);
    assert_true(p.seconds[PHASE_WAIT] == 0.004 && p.seconds[PHASE_DATA] >= 0.006);
}

static void floats_count_for_the_phase_entered(void **state)
{
    (void)state;
    phases p = {0};
    phases_enter(&p, PHASE_OPTIMIZER);
    phases_count(&p, 10);
    phases_count(&p, 5);
    assert_true(p.bytes[PHASE_OPTIMIZER] == 60 && p.bytes[PHASE_OTHER] == 0);
    phases_bring(&p, MESSAGE_SUMS, 3);
    assert_true(p.brought[MESSAGE_SUMS] == 12 && p.brought[MESSAGE_GATHERS] == 0);
    phases_reset(&p);
    assert_true(p.bytes[PHASE_OPTIMIZER] == 0 && p.brought[MESSAGE_SUMS] == 0);
}

static void reset_forgets_the_running_phase_too(void **state)
{
    (void)state;
    phases p = {0};
    double start = clock_seconds();
    phases_enter(&p, PHASE_OTHER);
    busy(0.01);
    double before = clock_seconds() - start;
    phases_reset(&p);
    phases_enter(&p, PHASE_DATA);
    double all = clock_seconds() - start;
    assert_true(p.seconds[PHASE_OTHER] <= all - before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_goes_to_the_phase_entered),
        cmocka_unit_test(floats_count_for_the_phase_entered),
        cmocka_unit_test(reset_forgets_the_running_phase_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
