// What goes to a terminal holds no control character, whatever it was made from.
#include "tests/check.h"

#include "base/printable.h"

#include <stdbool.h>
#include <stdint.h>

static void plain_text_stays(void **state)
{
    (void)state;
    static const char *const texts[] = {"", "a b", "train-*.h5",
                                        "Zürich/Größe µm ─> 漢字 🙂"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(printable(texts[i]), texts[i]);
}

static void controls_and_broken_utf8_are_spelled(void **state)
{
    (void)state;
    static const char *const pairs[][2] = {
        {"a\nbasin: error: b", "a\\nbasin: error: b"},
        {"\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"},
        {"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
        {"a\tb\rc\x7f", "a\\tb\\x0dc\\x7f"},
        {"\xc2\x9b"
         "31m",
         "\\xc2\\x9b31m"}, // the same as ESC [, in one character
        {"\x9b"
         "31m",
         "\\x9b31m"},
        {"\xe2\x80\xa8line", "\\xe2\\x80\\xa8line"},
        {"\xc0\x9b", "\\xc0\\x9b"}, // ESC, longer than it need be
        {"\xe0\x80\x9b", "\\xe0\\x80\\x9b"},
        {"ab\xe6\xbc", "ab\\xe6\\xbc"}, // cut off
        {"\xff\xfe", "\\xff\\xfe"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(printable(pairs[i][0]), pairs[i][1]);
}

// Every pair of bytes: what comes out holds none below a blank, no DEL, no C1.
static void no_two_bytes_make_a_control(void **state)
{
    (void)state;
    for (int a = 1; a < 256; a++)
        for (int b = 1; b < 256; b++) {
            const char text[3] = {(char)a, (char)b, '\0'};
            const char *shown = printable(text);
            for (const unsigned char *at = (const unsigned char *)shown; *at != '\0'; at++) {
                assert_true(*at >= 0x20 && *at != 0x7f);
                if (at[0] == 0xc2) assert_true(at[1] >= 0xa0);
            }
        }
}

static void what_is_too_long_is_cut_between_characters(void **state)
{
    (void)state;
    char to[6];
    assert_string_equal(printable_into(to, sizeof to, "abcdef"), "abcde");
    assert_string_equal(printable_into(to, sizeof to, "abc漢"), "abc");
    assert_string_equal(printable_into(to, sizeof to, "ab\x1b"), "ab");
    char text[3 * PRINTABLE_SIZE];
    memset(text, '\x1b', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(strlen(printable(text)) % 4, 0);
    assert_true(strlen(printable(text)) < PRINTABLE_SIZE);
}

static void three_are_valid_at_once(void **state)
{
    (void)state;
    const char *a = printable("a"), *b = printable("b"), *c = printable("c");
    assert_string_equal(a, "a");
    assert_string_equal(b, "b");
    assert_string_equal(c, "c");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_stays),
        cmocka_unit_test(controls_and_broken_utf8_are_spelled),
        cmocka_unit_test(no_two_bytes_make_a_control),
        cmocka_unit_test(what_is_too_long_is_cut_between_characters),
        cmocka_unit_test(three_are_valid_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
