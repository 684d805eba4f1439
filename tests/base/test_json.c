// JSON objects: commas, nesting, escapes, numbers that are not finite.
#include "tests/check.h"

#include "base/json.h"

#include <math.h>

static void object_is_well_formed(void **state)
{
    (void)state;
    json_line j;
    json_begin(&j);
    json_int(&j, "step", 12);
    json_open(&j, "seconds");
    json_real(&j, "data", 0.5);
    json_real(&j, "wait", (double)NAN);
    json_close(&j);
    json_text(&j, "path", "a\"b\\c\n");
    assert_string_equal(json_end(&j), "{\"step\":12,\"seconds\":{\"data\":0.5,\"wait\":null},"
                                      "\"path\":\"a\\\"b\\\\c\\u000a\"}");
}

static void empty_objects_have_no_commas(void **state)
{
    (void)state;
    json_line j;
    json_begin(&j);
    json_open(&j, "none");
    json_close(&j);
    assert_string_equal(json_end(&j), "{\"none\":{}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(object_is_well_formed),
        cmocka_unit_test(empty_objects_have_no_commas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
