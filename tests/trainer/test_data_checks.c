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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(labels_that_training_lacks_are_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
