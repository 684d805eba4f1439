// Sets of processors in words.
#include "tests/check.h"

#include "comm/binding.h"

static void check(const int *processors, int count, const char *expected)
{
    cpu_set_t set;
    char text[BINDING_TEXT_SIZE];
    CPU_ZERO(&set);
    for (int i = 0; i < count; i++)
        CPU_SET((size_t)processors[i], &set);
    assert_string_equal(binding_text(&set, text), expected);
}

static void neighbours_are_ranges(void **state)
{
    (void)state;
    check(NULL, 0, "");
    check((const int[]){3}, 1, "3");
    check((const int[]){0, 1, 2, 5, 7, 8}, 6, "0-2,5,7-8");
    check((const int[]){CPU_SETSIZE - 2, CPU_SETSIZE - 1}, 2, "1022-1023");
}

static void a_long_list_is_cut_off(void **state)
{
    (void)state;
    cpu_set_t set;
    char text[BINDING_TEXT_SIZE];
    CPU_ZERO(&set);
    for (size_t i = 0; i < CPU_SETSIZE; i += 2)
        CPU_SET(i, &set);
    size_t length = strlen(binding_text(&set, text));
    assert_true(length < BINDING_TEXT_SIZE);
    assert_string_equal(text + length - 3, "...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(neighbours_are_ranges),
        cmocka_unit_test(a_long_list_is_cut_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
