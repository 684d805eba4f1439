// The learning rate's course: warm-up, cosine, per step and per epoch.
#include "tests/check.h"

#include "trainer/optimizers/schedule.h"

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

// MoCo v1: a tenth from epochs 120 and 160 on.
static void step_falls_at_milestones(void **state)
{
    (void)state;
    schedule s = {.name = "step", .epochs = 200, .milestones = "120,160", .factor = 0.1};
    assert_ok(schedule_check(&s, "here"));
    assert_true(near(schedule_factor(&s, 1199, 10), 1));
    assert_true(near(schedule_factor(&s, 1200, 10), 0.1));
    assert_true(near(schedule_factor(&s, 1599, 10), 0.1));
    assert_true(near(schedule_factor(&s, 1999, 10), 0.01));
}

// The notebook's cosine: lr * 0.5 * (1 + cos(pi * epoch / epochs)), epoch from 1; the last is 0.
static void epochs_can_count_from_one(void **state)
{
    (void)state;
    schedule s = {.name = "cosine", .per = "epoch", .epochs = 4, .first_epoch = 1};
    assert_ok(schedule_check(&s, "here"));
    assert_true(near(schedule_factor(&s, 0, 10), 0.5 * (1 + cos(3.14159265358979323846 / 4))));
    assert_true(near(schedule_factor(&s, 19, 10), 0.5));
    assert_true(near(schedule_factor(&s, 30, 10), 0) && near(schedule_factor(&s, 39, 10), 0));
}

static void senseless_milestones_are_told(void **state)
{
    (void)state;
    const char *const wrong[] = {"120,x", "160,120", "120,,160", "120 160", "", "-5", "0", "5,5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        schedule s = {.name = "step", .per = "step"};
        snprintf(s.milestones, sizeof s.milestones, "%s", wrong[i]);
        assert_fails(schedule_check(&s, "here"), ST_CONFIG, "here: schedule.milestones");
    }
    schedule cosine = {.name = "cosine", .per = "step", .milestones = "3"};
    assert_fails(schedule_check(&cosine, "here"), ST_CONFIG, "belong to name: step");
    schedule counted = {.name = "cosine", .per = "step", .first_epoch = 1};
    assert_fails(schedule_check(&counted, "here"), ST_CONFIG, "schedule.first_epoch");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cosine_goes_from_one_to_zero),
        cmocka_unit_test(per_epoch_is_constant_inside_one),
        cmocka_unit_test(warmup_rises_to_one),
        cmocka_unit_test(constant_stays),
        cmocka_unit_test(step_falls_at_milestones),
        cmocka_unit_test(epochs_can_count_from_one),
        cmocka_unit_test(senseless_milestones_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
