// What a job that says `auto` gets, from a handful of images to a million.
#include "tests/check.h"

#include "trainer/job/auto_values.h"

#include <math.h>

static void expect(uint64_t samples, uint64_t epochs, int64_t size, int64_t queue, double momentum,
                   int64_t neighbours)
{
    auto_values v = auto_values_choose(samples, epochs, 0);
    if (v.batch != size || v.queue != queue || fabs(v.momentum - momentum) > 1e-9 ||
        v.neighbours != neighbours)
        fail_msg("%d samples: batch %d, queue %d, momentum %g, k %d", (int)samples, (int)v.batch,
                 (int)v.queue, v.momentum, (int)v.neighbours);
}

static void values_follow_the_number_of_samples(void **state)
{
    (void)state;
    expect(1, 100, 1, 8, 0.9, 1);
    expect(15, 100, 15, 8, 0.9, 3);
    expect(16, 100, 16, 8, 0.9, 4);
    expect(300, 100, 32, 16, 0.989, 17);
    expect(3000, 100, 256, 256, 0.991, 54);
    expect(40000, 10, 256, 2048, 0.994, 200);
    expect(1000000, 100, 256, 65536, 0.999, 200);
}

// Steps are those of the batch that is given.
static void a_given_batch_is_kept(void **state)
{
    (void)state;
    auto_values v = auto_values_choose(1000, 10, 10);
    assert_int_equal(v.batch, 10);
    assert_true(fabs(v.momentum - 0.99) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_follow_the_number_of_samples),
        cmocka_unit_test(a_given_batch_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
