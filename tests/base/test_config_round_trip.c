// What config_write prints reads back as the same structs, for any job that can be read at all.
#include "tests/base/trial_job.h"
#include "tests/check.h"

#include "base/rng.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static void assert_round_trip(const job *j, const char *written)
{
    job again;
    char *rewritten = NULL;
    if (read_job(written, NULL, &again, &rewritten) != ST_OK)
        fail_msg("%s\n%s", status_message(), written);
    assert_memory_equal(j, &again, sizeof again);
    assert_string_equal(written, rewritten);
    free(rewritten);
}

static void a_resolved_job_is_complete_and_nested(void **state)
{
    (void)state;
    job j;
    char *written = NULL;
    assert_ok(read_job("evaluate: {knn: {k: 5}}\n" MOCO, NULL, &j, &written));
    assert_string_equal(written,
                        "run: runs/new\nseed: 1\nbatch: 256\n"
                        "method:\n  name: moco\n  temperature: 0.1\n  momentum: 0.99\n"
                        "  symmetric: false\n"
                        "evaluate:\n  every: 10\n  knn:\n    k: 5\n    temperature: 0.1\n");
    assert_round_trip(&j, written);
    free(written);
}

static void texts_read_back_equal(void **state)
{
    (void)state;
    char *const texts[] = {"",
                           " a",
                           "a ",
                           "a # b",
                           "a: b",
                           "a:",
                           "12",
                           "1e3",
                           "0x1f",
                           ".5",
                           "true",
                           "False",
                           "null",
                           "~",
                           "yes",
                           "-",
                           "- a",
                           "*a",
                           "&a",
                           "!a",
                           "[a",
                           "{a}",
                           "a, b",
                           "'a'",
                           "\"a\"",
                           "a\\b",
                           "a\nb",
                           "\t",
                           "\x01",
                           "\x7f",
                           "%a",
                           "@a",
                           "`a",
                           "a|b",
                           "---",
                           "...",
                           "shards/*.h5",
                           "/a/b-c_d.h5",
                           "\xc3\xa9t\xc3\xa9",
                           "\xc2\x85",
                           "\xe2\x80\xa8",
                           "\xef\xbb\xbf",
                           "\xf0\x9f\x99\x82",
                           "a\r\nb",
                           "? a",
                           "=",
                           "<<",
                           "key=value",
                           "\xef\xbf\xbe"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        job j;
        char *written = NULL, override[64];
        snprintf(override, sizeof override, "run=%s", texts[i]);
        assert_ok(read_job(MOCO, OVERRIDES(override), &j, &written));
        assert_string_equal(j.top.run, texts[i]);
        assert_round_trip(&j, written);
        free(written);
    }
}

static void texts_that_look_like_something_else_are_quoted(void **state)
{
    (void)state;
    char *const texts[] = {"true", "FALSE", "null", "12", "1e3", ""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        job j;
        char *written = NULL, override[32], expected[32];
        snprintf(override, sizeof override, "run=%s", texts[i]);
        snprintf(expected, sizeof expected, "run: \"%s\"\n", texts[i]);
        assert_ok(read_job(MOCO, OVERRIDES(override), &j, &written));
        assert_memory_equal(written, expected, strlen(expected));
        free(written);
    }
}

static void any_text_of_ascii_reads_back_equal(void **state)
{
    (void)state;
    for (uint64_t sample = 0; sample < 500; sample++) {
        rng r = rng_open(1, RNG_TEST, 0, sample, 0);
        job j;
        char *written = NULL, override[4 + 256] = "run=";
        int length = (int)rng_below(&r, sample % 10 == 0 ? 256 : 8);
        for (int i = 0; i < length; i++)
            override[4 + i] = (char)(1 + rng_below(&r, 127));
        assert_ok(read_job(MOCO, OVERRIDES(override), &j, &written));
        assert_round_trip(&j, written);
        free(written);
    }
}

static void assert_real_round_trip(double value, const char *expected)
{
    job j, again;
    char *written = NULL, override[64];
    snprintf(override, sizeof override, "method.momentum=%.17g", value);
    assert_ok(read_job(MOCO, OVERRIDES(override), &j, &written));
    assert_memory_equal(&j.method.momentum, &value, sizeof value);
    if (expected != NULL) assert_non_null(strstr(written, expected));
    assert_ok(read_job(written, NULL, &again, NULL));
    assert_memory_equal(&again.method.momentum, &value, sizeof value);
    free(written);
}

static void reals_read_back_equal_and_short(void **state)
{
    (void)state;
    assert_real_round_trip(0.1, "momentum: 0.1\n");
    assert_real_round_trip(0.03, "momentum: 0.03\n");
    assert_real_round_trip(5e-4, "momentum: 0.0005\n");
    assert_real_round_trip(3, "momentum: 3\n");
    assert_real_round_trip(1.0 / 3, "momentum: 0.3333333333333333\n");
    assert_real_round_trip(-0.0, "momentum: -0\n");
    assert_real_round_trip(DBL_MAX, NULL);
    assert_real_round_trip(DBL_MIN, NULL);
    assert_real_round_trip(DBL_TRUE_MIN, NULL);
    for (uint64_t sample = 0; sample < 200; sample++) {
        rng r = rng_open(2, RNG_TEST, 0, sample, 0);
        uint64_t bits = (uint64_t)rng_bits(&r) << 32;
        bits |= rng_bits(&r);
        double value;
        memcpy(&value, &bits, sizeof value);
        if (isfinite(value)) assert_real_round_trip(value, NULL);
    }
}

static void integers_read_back_equal(void **state)
{
    (void)state;
    char *const seeds[] = {"seed=9223372036854775807", "seed=-9223372036854775808", "seed=0"};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        job j;
        char *written = NULL;
        assert_ok(read_job(MOCO, OVERRIDES(seeds[i]), &j, &written));
        assert_round_trip(&j, written);
        free(written);
    }
}

static void reading_a_section_twice_writes_it_once(void **state)
{
    (void)state;
    config *c;
    job j = {0};
    char *text = NULL;
    size_t size;
    assert_ok(config_parse(&c, MOCO "other: {}", "x", 0, NULL));
    const char *message = "x:2:1: other: no such section; expected one of method, evaluate";
    assert_fails(read_sections(c, &j), ST_CONFIG, message);
    assert_int_equal(read_sections(c, &j), ST_CONFIG);
    assert_string_equal(status_message(), message);
    status_clear();
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    config_write(c, out);
    assert_int_equal(fclose(out), 0);
    assert_round_trip(&j, text);
    free(text);
    config_destroy(c);
}

static const char valid[] = "run: \"runs/a b\" # comment\nseed: 7\nbatch: 1e3\n"
                            "method: {name: 'moco', temperature: 0.2,\n  symmetric: true}\n"
                            "evaluate:\n  every: 10\n  knn:\n    k: 20\n    temperature: 5.0e-1\n";

// One to four edits, half the time one: a byte replaced, a piece cut out, doubled, or moved.
static void mutate(rng *r, char *text, size_t capacity)
{
    static const char bytes[] = "\n\t :,{}[]&*!|>'\"%@`#-?.~ab19e\\\x01\x7f\x80\xc3\xff";
    for (int edits = 1 + (int)(rng_below(r, 4) * rng_below(r, 2)); edits > 0; edits--) {
        size_t length = strlen(text);
        if (length < 2) return;
        size_t at = rng_below(r, (uint32_t)length), piece = 1 + rng_below(r, 12);
        if (piece > length - at) piece = length - at;
        char copy[16] = "";
        memcpy(copy, text + at, piece);
        uint32_t kind = rng_below(r, 4);
        if (kind == 0) text[at] = bytes[rng_below(r, sizeof bytes - 1)];
        if (kind == 1 || kind == 3) memmove(text + at, text + at + piece, length - at - piece + 1);
        if (kind < 2 || length + piece + 1 > capacity) continue;
        if (kind == 3) at = rng_below(r, (uint32_t)(length - piece + 1));
        memmove(text + at + piece, text + at, strlen(text + at) + 1);
        memcpy(text + at, copy, piece);
    }
}

// A mutated job is read, or refused with a place; what is read can be written and read again.
static void garbage_never_crashes(void **state)
{
    (void)state;
    job j;
    int good = 0;
    assert_ok(read_job(valid, NULL, &j, NULL));
    for (uint64_t sample = 0; sample < 2000; sample++) {
        rng r = rng_open(3, RNG_TEST, 0, sample, 0);
        char text[2 * sizeof valid], *written = NULL;
        memcpy(text, valid, sizeof valid);
        mutate(&r, text, sizeof text);
        status result = read_job(text, NULL, &j, &written);
        if (result == ST_OK) {
            good++;
            assert_round_trip(&j, written);
        } else {
            assert_int_equal(result, ST_CONFIG);
            if (strncmp(status_message(), "job.yaml:", 9) != 0 ||
                strchr(status_message(), '\n') != NULL)
                fail_msg("%s\n%s", text, status_message());
            status_clear();
        }
        free(written);
        written = NULL;
    }
    assert_in_range(good, 100, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_resolved_job_is_complete_and_nested),
        cmocka_unit_test(texts_read_back_equal),
        cmocka_unit_test(texts_that_look_like_something_else_are_quoted),
        cmocka_unit_test(any_text_of_ascii_reads_back_equal),
        cmocka_unit_test(reals_read_back_equal_and_short),
        cmocka_unit_test(integers_read_back_equal),
        cmocka_unit_test(reading_a_section_twice_writes_it_once),
        cmocka_unit_test(garbage_never_crashes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
