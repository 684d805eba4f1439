// The median of odd and even numbers of values, in any order.
#include "tests/check.h"

#include "base/median.h"

static void the_middle_value_is_found(void **state)
{
    (void)state;
    assert_true(median((double[]){7}, 1) == 7);
    assert_true(median((double[]){3, -1, 2}, 3) == 2);
    assert_true(median((double[]){4, 1, 3, 2}, 4) == 2);
    assert_true(median((double[]){5, 5, 1, 5, 9}, 5) == 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_middle_value_is_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
