// Options fill their fields wherever they stand; what is not an option keeps its order.
#include "tests/check.h"

#include "trainer/job/options.h"

#include <stdbool.h>

typedef struct settings {
    int64_t shard_size, seed;
    bool force;
} settings;

static const config_field fields[] = {
    {"shard_size", FIELD_INT, offsetof(settings, shard_size), "10000", 1, 1e6, NULL, "samples"},
    {"seed", FIELD_INT, offsetof(settings, seed), "1", 0, 1e6, NULL, "seed"},
    {"force", FIELD_BOOL, offsetof(settings, force), "false", 0, 0, NULL, "replace"},
    {0}};

static int word_count;

// argv[0 .. word_count - 1] are the words that are left.
static status read_options(settings *into, int argc, char **argv)
{
    word_count = argc;
    return options_read("pack", &word_count, argv, fields, into);
}

static void options_may_stand_anywhere(void **state)
{
    (void)state;
    settings s;
    char *argv[] = {"--shard-size", "50", "a", "--force", "b", "--seed=7", "c"};
    assert_ok(read_options(&s, 7, argv));
    assert_true(s.shard_size == 50 && s.seed == 7 && s.force);
    assert_int_equal(word_count, 3);
    assert_string_equal(argv[0], "a");
    assert_string_equal(argv[1], "b");
    assert_string_equal(argv[2], "c");
}

static void absent_options_have_their_defaults(void **state)
{
    (void)state;
    settings s;
    char *argv[] = {"a", "--", "--force"};
    assert_ok(read_options(&s, 3, argv));
    assert_true(s.shard_size == 10000 && s.seed == 1 && !s.force);
    assert_int_equal(word_count, 2);
    assert_string_equal(argv[1], "--force");
}

static void bad_options_are_a_usage_error(void **state)
{
    (void)state;
    settings s;
    assert_fails(read_options(&s, 1, (char *[]){"--shard-sise=3"}), ST_USAGE,
                 "did you mean --shard-size?");
    assert_fails(read_options(&s, 1, (char *[]){"--seed"}), ST_USAGE, "needs a value");
    assert_fails(read_options(&s, 1, (char *[]){"--seed=x"}), ST_USAGE, "seed");
    const config_field needed[] = {
        {"shard_size", FIELD_INT, offsetof(settings, shard_size), NULL, 1, 9, NULL, "samples"},
        {0}};
    assert_fails(options_read("pack", &(int){0}, NULL, needed, &s), ST_USAGE,
                 "pack: --shard-size must be given (samples)");
    assert_fails(read_options(&s, 2, (char *[]){"--shard-size", "0"}), ST_USAGE, "0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_may_stand_anywhere),
        cmocka_unit_test(absent_options_have_their_defaults),
        cmocka_unit_test(bad_options_are_a_usage_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
