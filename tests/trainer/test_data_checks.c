// Labels of test images that no training image has.
#include "tests/check.h"

#include "trainer/evaluation/data_checks.h"

static void labels_that_training_lacks_are_counted(void **state)
{
    (void)state;
    bool seen[6];
    const int64_t train[] = {0, 2, -1, 2}, test[] = {2, 5, -1, 3, 5, 0};
    unseen_labels u = unseen_labels_count(train, 4, test, 6, 6, seen);
    assert_true(u.images == 3 && u.labelled == 5 && u.first == 3);
    u = unseen_labels_count(train, 4, train, 4, 6, seen);
    assert_true(u.images == 0 && u.labelled == 3 && u.first == -1);
}

// 8 bits in one file, floats of 0 .. 255 in the other; and a test set that is merely darker.
static void other_units_are_noticed(void **state)
{
    (void)state;
    dataset_info train = {.channels = 2, .mean = {0.4f, 0.5f}, .deviation = {0.2f, 0.2f}};
    dataset_info test = train;
    assert_false(units_differ(&train, &test));
    test.mean[0] = test.mean[1] = 0.05f;
    assert_false(units_differ(&train, &test));
    test.mean[1] = 120;
    assert_true(units_differ(&train, &test));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(labels_that_training_lacks_are_counted),
                                       cmocka_unit_test(other_units_are_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
