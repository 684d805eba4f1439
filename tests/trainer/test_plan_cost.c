// The model of a sum over ranks, against numbers worked out by hand, and its limits.
#include "tests/check.h"

#include "trainer/commands/plan_cost.h"

#include <math.h>

static void check_near(double value, double expected)
{
    if (fabs(value - expected) > 0.01 * expected)
        fail_msg("%g is not within 1 %% of %g", value, expected);
}

static double sum_of(double bytes, int nodes, int ranks_per_node, double network)
{
    const plan_measured m = {.step_seconds = 0.5, .leaf_bytes = bytes, .steps_total = 100};
    return plan_estimate(&m, nodes, ranks_per_node, network).sum_seconds;
}

// ResNet-50's 102 MB at 12.5 GB/s, one rank a node.
static void sums_over_nodes_are_as_worked_out(void **state)
{
    (void)state;
    check_near(sum_of(102e6, 2, 1, 12.5e9), 10.74e-3);
    check_near(sum_of(102e6, 8, 1, 12.5e9), 18.83e-3);
    check_near(sum_of(102e6, 64, 1, 12.5e9), 21.26e-3);
    check_near(sum_of(102e6, 4096, 1, 12.5e9), 21.75e-3);
    check_near(sum_of(102e6, 64, 1, 1.1e9), 187.8e-3);
}

static void one_rank_sums_nothing(void **state)
{
    (void)state;
    assert_true(sum_of(102e6, 1, 1, 1e9) == 0);
    assert_true(sum_of(102e6, 1, 2, 1e9) == sum_of(102e6, 1, 2, 9e9)); // no network
}

static void the_parts_make_the_whole(void **state)
{
    (void)state;
    const plan_measured m = {.step_seconds = 0.5, .leaf_bytes = 45e6, .steps_total = 1000};
    plan_cost c = plan_estimate(&m, 4, 2, 1.1e9);
    check_near(c.step_seconds, 0.5 + c.sum_seconds);
    check_near(c.share, c.sum_seconds / (0.5 + c.sum_seconds));
    check_near(c.run_seconds, 1000 * c.step_seconds);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_over_nodes_are_as_worked_out),
        cmocka_unit_test(one_rank_sums_nothing),
        cmocka_unit_test(the_parts_make_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
