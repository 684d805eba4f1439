// The learning rate's course: warm-up, cosine, per step and per epoch.
#include "tests/check.h"

#include "trainer/schedule.h"

#include <math.h>

#define near(a, b) (fabs((a) - (b)) < 1e-12)

static void cosine_goes_from_one_to_zero(void **state)
{
    (void)state;
    schedule s = {.name = "cosine", .per = "step", .epochs = 10};
    assert_int_equal(schedule_steps(&s, 7), 70);
    assert_true(near(schedule_factor(&s, 0, 7), 1));
    assert_true(near(schedule_factor(&s, 35, 7), 0.5));
    assert_true(schedule_factor(&s, 69, 7) < 1e-3);
    for (uint64_t step = 1; step < 70; step++)
        assert_true(schedule_factor(&s, step, 7) < schedule_factor(&s, step - 1, 7));
}

// MoCo's adjust_learning_rate: lr * 0.5 * (1 + cos(pi * epoch / epochs)), epoch from 0.
static void per_epoch_is_constant_inside_one(void **state)
{
    (void)state;
    schedule s = {.name = "cosine", .per = "epoch", .epochs = 4};
    for (uint64_t step = 0; step < 40; step++) {
        uint64_t epoch = step / 10;
        double expected = 0.5 * (1 + cos(3.14159265358979323846 * (double)epoch / 4));
        assert_true(near(schedule_factor(&s, step, 10), expected));
    }
}

static void warmup_rises_to_one(void **state)
{
    (void)state;
    schedule s = {.name = "cosine", .per = "step", .epochs = 10, .warmup = 2};
    for (uint64_t step = 0; step < 20; step++)
        assert_true(near(schedule_factor(&s, step, 10), (double)(step + 1) / 21));
    assert_true(near(schedule_factor(&s, 20, 10), 1));
    assert_true(near(schedule_factor(&s, 60, 10), 0.5));
}

static void constant_stays(void **state)
{
    (void)state;
    schedule s = {.name = "constant", .per = "step", .epochs = 3, .warmup = 0};
    assert_true(near(schedule_factor(&s, 0, 5), 1) && near(schedule_factor(&s, 14, 5), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosine_goes_from_one_to_zero),
        cmocka_unit_test(per_epoch_is_constant_inside_one),
        cmocka_unit_test(warmup_rises_to_one),
        cmocka_unit_test(constant_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
