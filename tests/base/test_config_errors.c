// What is wrong with a job is one sentence: the place, what was expected, and what came.
#include "tests/base/trial_job.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static void assert_job_fails(const char *text, char *const *overrides, const char *message)
{
    job j;
    char got[2048];
    status result = read_job(text, overrides, &j, NULL);
    snprintf(got, sizeof got, "%s", status_message());
    status_clear();
    if (result != ST_CONFIG || strcmp(got, message) != 0)
        fail_msg("%s\n gave %d \"%s\"\n not     \"%s\"", text, result, got, message);
}

static void wrong_values_are_named_with_their_place(void **state)
{
    (void)state;
    assert_job_fails("batch: 2\nmethod:\n  name: moco\n  temperature: abc\n", NULL,
                     "job.yaml:4:16: method.temperature: expected a number from 0.0001 to 100, "
                     "got \"abc\"");
    assert_job_fails("batch: 12x\n", NULL,
                     "job.yaml:1:8: batch: expected an integer from 1 to 1000000, got \"12x\"");
    assert_job_fails("batch: 0\n", NULL,
                     "job.yaml:1:8: batch: expected an integer from 1 to 1000000, got \"0\"");
    assert_job_fails("batch: \"12\"\n", NULL,
                     "job.yaml:1:8: batch: expected an integer from 1 to 1000000, got the quoted "
                     "text \"12\"");
    assert_job_fails("{seed: 1, batch: }", NULL,
                     "job.yaml:1:11: batch: expected an integer from 1 to 1000000, got nothing");
    assert_job_fails("batch: {size: 3}\n", NULL,
                     "job.yaml:1:1: batch: expected an integer from 1 to 1000000, got a section");
    assert_job_fails("seed: 9223372036854775808\n", NULL,
                     "job.yaml:1:7: seed: expected an integer, got \"9223372036854775808\"");
    assert_job_fails("run:\n", NULL,
                     "job.yaml:1:1: run: expected a text of at most 255 bytes, got nothing");
    assert_job_fails("method: {name: moco, symmetric: yes}\n", NULL,
                     "job.yaml:1:33: method.symmetric: expected true or false, got \"yes\"");
    assert_job_fails("method: {name: simcrl}\n", NULL,
                     "job.yaml:1:16: method.name: expected one of moco, simclr, barlow, got "
                     "\"simcrl\"; did you mean 'simclr'?");
    assert_job_fails("method: {name: x}\n", NULL,
                     "job.yaml:1:16: method.name: expected one of moco, simclr, barlow, got \"x\"");
    assert_job_fails(
        "evaluate: 3\n" MOCO, NULL,
        "job.yaml:1:1: evaluate: no such top-level key; expected one of run, seed, batch");
    assert_job_fails("evaluate: {knn: 3}\n" MOCO, NULL,
                     "job.yaml:1:17: evaluate.knn: expected a section with the key 'k', got \"3\"");
}

static void unknown_keys_name_the_nearest(void **state)
{
    (void)state;
    assert_job_fails("seed: 3\nmethod:\n  tempreature: 1\n  name: moco\n", NULL,
                     "job.yaml:3:3: method.tempreature: no such key; did you mean 'temperature'?");
    assert_job_fails("seed: 3\nbach: 1\n", NULL,
                     "job.yaml:2:1: bach: no such top-level key; did you mean 'batch'?");
    assert_job_fails(
        "colour: red\n", NULL,
        "job.yaml:1:1: colour: no such top-level key; expected one of run, seed, batch");
    assert_job_fails(MOCO "evaluate: {kn: {k: 3}}\n", NULL,
                     "job.yaml:2:17: evaluate.kn.k: no such key; did you mean 'knn.k'?");
    assert_job_fails(MOCO "evaluate: {linear: {}}\n", NULL,
                     "job.yaml:2:12: evaluate.linear: no such key; expected one of every, knn.k, "
                     "knn.temperature");
    assert_job_fails(MOCO "seed: 3\nevalaute: {every: 3}\n", NULL,
                     "job.yaml:3:1: evalaute: no such section; did you mean 'evaluate'?");
    assert_job_fails(MOCO "colours: {red: 3}\n", NULL,
                     "job.yaml:2:1: colours: no such section; expected one of method, evaluate");
}

static void missing_keys_say_where(void **state)
{
    (void)state;
    assert_job_fails("seed: 3\n", NULL,
                     "job.yaml: method.name: this key must be given (of the method)");
    assert_job_fails("seed: 3\nmethod: {symmetric: true}\n", NULL,
                     "job.yaml:2:1: method.name: this key must be given (of the method)");
}

static void yaml_outside_the_subset_is_refused(void **state)
{
    (void)state;
    assert_job_fails(MOCO "method: {}\n", NULL,
                     "job.yaml:2:1: method: repeated key; it was given first at job.yaml:1:1");
    assert_job_fails(
        "method: {name: moco,\n  name: moco}\n", NULL,
        "job.yaml:2:3: method.name: repeated key; it was given first at job.yaml:1:10");
    assert_job_fails("batch: [1, 2]\n", NULL,
                     "job.yaml:1:8: batch: expected a value or a section of `key: value`, got a "
                     "sequence");
    assert_job_fails("batch: &b 2\n", NULL,
                     "job.yaml:1:11: batch: expected a value or a section of `key: value`, got an "
                     "anchor (&)");
    assert_job_fails("batch: *b\n", NULL,
                     "job.yaml:1:8: batch: expected a value or a section of `key: value`, got an "
                     "alias (*)");
    assert_job_fails("batch: !!int 2\n", NULL,
                     "job.yaml:1:14: batch: expected a value or a section of `key: value`, got a "
                     "tag (!)");
    assert_job_fails("- batch\n", NULL,
                     "job.yaml:1:1: top level: expected a value or a section of `key: value`, got "
                     "a sequence");
    assert_job_fails("seed: 1\n\"a b\": 2\n", NULL,
                     "job.yaml:2:1: expected a key of letters, digits, '_' and '-', got \"a b\"");
    assert_job_fails(
        "evaluate: {knn.k: 2}\n", NULL,
        "job.yaml:1:12: expected a key of letters, digits, '_' and '-', got \"knn.k\"");
    assert_job_fails("seed\n", NULL, "job.yaml:1:1: expected `key: value` lines, got a bare text");
    assert_job_fails("seed: 1\n---\nseed: 2\n", NULL,
                     "job.yaml:2:1: expected one YAML document, found a second");
    assert_job_fails("run: \"a\\0b\"\n", NULL, "job.yaml:1:6: run: the text holds a zero byte");
}

static void text_that_is_no_yaml_is_refused_quietly(void **state)
{
    (void)state;
    job j;
    assert_fails(read_job("seed: 1\nmethod:\n  name: \"moco\n", NULL, &j, NULL), ST_CONFIG,
                 "job.yaml:3:10: not valid YAML: double-quoted scalar");
    // libfyaml takes the overlong form of a zero byte for the end of the text
    assert_job_fails("seed: 1\nrun: a\xc0\x80\nbatch: 3\n", NULL,
                     "job.yaml:2:7: expected UTF-8 text, found the byte 0xc0");
    const char *const bad[] = {
        "{seed: 1",  "seed: a: b",        "seed:\n  a: 1\n b: 2\n", "\tseed: 1",         "seed: 'x",
        "run: \xff", "run: \xed\xa0\x80", "run: \xf5\x80\x80\x80",  "run: \xe0\x80\x80", "run: @x"};
    FILE *caught = tmpfile();
    int kept_stderr = dup(STDERR_FILENO);
    assert_non_null(caught);
    dup2(fileno(caught), STDERR_FILENO);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(read_job(bad[i], NULL, &j, NULL), ST_CONFIG);
        assert_memory_equal(status_message(), "job.yaml:", 9);
        status_clear();
    }
    fflush(stderr);
    dup2(kept_stderr, STDERR_FILENO);
    close(kept_stderr);
    assert_int_equal(lseek(fileno(caught), 0, SEEK_END), 0);
    assert_int_equal(fclose(caught), 0);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    job j;
    char text[200 * 3 + 1] = "";
    for (int i = 0; i < 200 * 3; i++)
        text[i] = "{a:"[i % 3];
    assert_fails(read_job(text, NULL, &j, NULL), ST_CONFIG, "job.yaml:1:");
}

static void integers_are_exact(void **state)
{
    (void)state;
    const struct {
        const char *text;
        int64_t value;
    } good[] = {{"0", 0},
                {"-0", 0},
                {"+12", 12},
                {"010", 10},
                {"1e6", 1000000},
                {"2.50e1", 25},
                {"256.0", 256},
                {"120e-1", 12},
                {"0e99", 0},
                {"9223372036854775807", INT64_MAX},
                {"-9223372036854775808", INT64_MIN}};
    const char *const bad[] = {"12x",
                               "0x10",
                               "0o7",
                               "1.5",
                               "1e-1",
                               "9223372036854775808",
                               "1e19",
                               "-9223372036854775809",
                               "e5",
                               ".",
                               "-",
                               "1e",
                               "1e+",
                               "1e 5",
                               "1 2",
                               "1_000",
                               "nan",
                               "1.2.3",
                               "1e999999999999999999999",
                               "0.5e-999999999999999999999"};
    job j;
    char override[64];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(override, sizeof override, "seed=%s", good[i].text);
        assert_ok(read_job(MOCO, OVERRIDES(override), &j, NULL));
        assert_int_equal(j.top.seed, good[i].value);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(override, sizeof override, "seed=%s", bad[i]);
        assert_fails(read_job(MOCO, OVERRIDES(override), &j, NULL), ST_CONFIG, "an integer");
    }
}

static void ranges_include_their_ends(void **state)
{
    (void)state;
    char *const good[] = {"batch=1", "batch=1000000", "method.temperature=1e-4",
                          "method.temperature=100"};
    char *const bad[] = {"batch=0", "batch=1000001", "method.temperature=0.99e-4",
                         "method.temperature=100.001", "method.temperature=-1"};
    job j;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_ok(read_job(MOCO, OVERRIDES(good[i]), &j, NULL));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_fails(read_job(MOCO, OVERRIDES(bad[i]), &j, NULL), ST_CONFIG, " from ");
}

static void reals_are_decimal_and_finite(void **state)
{
    (void)state;
    const char *const bad[] = {"nan", "inf", ".inf", "1e400", "0x1p3",
                               "1,5", "",    " 1",   "1 ",    "--1"};
    job j;
    char override[64];
    assert_ok(read_job(MOCO, OVERRIDES("method.momentum=-2.5E-3"), &j, NULL));
    assert_true(j.method.momentum == -2.5e-3);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(override, sizeof override, "method.momentum=%s", bad[i]);
        assert_fails(read_job(MOCO, OVERRIDES(override), &j, NULL), ST_CONFIG, "a number");
    }
}

static void wrong_overrides_are_quoted(void **state)
{
    (void)state;
    assert_job_fails(MOCO, OVERRIDES("batch=12x"),
                     "override 'batch=12x': batch: expected an integer from 1 to 1000000, got "
                     "\"12x\"");
    assert_job_fails(MOCO, OVERRIDES("bach=12"),
                     "override 'bach=12': bach: no such top-level key; did you mean 'batch'?");
    assert_job_fails(MOCO, OVERRIDES("evalaute.every=1"),
                     "override 'evalaute.every=1': evalaute: no such section; did you mean "
                     "'evaluate'?");
    assert_job_fails(MOCO, OVERRIDES("method=moco"),
                     "override 'method=moco': 'method' is a section (job.yaml:1:1); name one of "
                     "its keys, as in method.key=value");
    assert_job_fails("batch: 3\n" MOCO, OVERRIDES("batch.size=3"),
                     "override 'batch.size=3': 'batch' is a value (job.yaml:1:8), not a section");
    char *const malformed[] = {"batch", "=3", ".a=3", "a.=3", "a..b=3", "a b=3", ""};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        job j;
        assert_fails(read_job(MOCO, OVERRIDES(malformed[i]), &j, NULL), ST_CONFIG,
                     "expected key=value or section.key=value");
    }
    char *const bytes[] = {"run=\xff",
                           "run=\x80",
                           "run=\xc3",
                           "run=\xc0\x80",
                           "run=\xe0\x80\x80",
                           "run=\xed\xa0\x80",
                           "run=\xf0\x80\x80\x80",
                           "run=\xf4\x90\x80\x80"};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        job j;
        assert_fails(read_job(MOCO, OVERRIDES(bytes[i]), &j, NULL), ST_CONFIG, "not UTF-8 text");
    }
    assert_job_fails(MOCO, OVERRIDES("run=a\nb\xff"),
                     "override 'run=a\\x0ab\xff': the value is not UTF-8 text");
}

static void long_texts_are_refused_and_shortened(void **state)
{
    (void)state;
    job j;
    char text[400] = "run: ";
    memset(text + 5, 'x', 255);
    assert_ok(read_job(text, OVERRIDES("method.name=moco"), &j, NULL));
    assert_int_equal(strlen(j.top.run), 255);
    text[5 + 255] = 'x';
    assert_fails(read_job(text, NULL, &j, NULL), ST_CONFIG, "at most 255 bytes, got \"xxxx");
    memset(text, 'k', 300);
    memcpy(text + 300, ": 1", sizeof ": 1");
    assert_fails(read_job(text, NULL, &j, NULL), ST_CONFIG, "job.yaml:1:1: key \"kkkk");
}

static void a_value_is_no_section(void **state)
{
    (void)state;
    config *c;
    method_config m;
    assert_ok(config_parse(&c, "method: moco", "x", 0, NULL));
    assert_fails(config_read(c, "method", (const config_part[]){{moco_fields, &m}, {0}}), ST_CONFIG,
                 "x:1:9: method: expected a section of `key: value`, got \"moco\"");
    config_destroy(c);
}

// 200,000 keys of a file that nobody wrote by hand. With a search through all keys for each of them
// it takes minutes, and the test runs out of time.
static void many_keys_are_refused_soon(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    for (int i = 0; i < 200000; i++)
        fprintf(out, "key%d: %d\n", i, i);
    assert_int_equal(fclose(out), 0);
    job j;
    assert_int_equal(read_job(text, NULL, &j, NULL), ST_CONFIG);
    assert_non_null(strstr(status_message(), "job.yaml:1:1: key0: no such"));
    status_clear();
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_values_are_named_with_their_place),
        cmocka_unit_test(unknown_keys_name_the_nearest),
        cmocka_unit_test(missing_keys_say_where),
        cmocka_unit_test(yaml_outside_the_subset_is_refused),
        cmocka_unit_test(text_that_is_no_yaml_is_refused_quietly),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(ranges_include_their_ends),
        cmocka_unit_test(reals_are_decimal_and_finite),
        cmocka_unit_test(wrong_overrides_are_quoted),
        cmocka_unit_test(long_texts_are_refused_and_shortened),
        cmocka_unit_test(a_value_is_no_section),
        cmocka_unit_test(many_keys_are_refused_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
