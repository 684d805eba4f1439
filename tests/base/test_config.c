// A job becomes structs: from YAML, from overrides, by parts and by sections; and the help of it.
#include "tests/base/trial_job.h"
#include "tests/check.h"

#include <stdlib.h>
#include <unistd.h>

static void block_and_flow_give_the_same(void **state)
{
    (void)state;
    job block, flow;
    assert_ok(
        read_job("run: runs/a # where\nseed: 7\nmethod:\n  name: barlow\n  temperature: 5e-1\n"
                 "  symmetric: true\nevaluate:\n  knn:\n    k: 20\n",
                 NULL, &block, NULL));
    assert_ok(read_job("{run: \"runs/a\", seed: 7, method: {name: 'barlow', temperature: .5, "
                       "symmetric: true}, evaluate: {knn: {k: 20}}}",
                       NULL, &flow, NULL));
    assert_string_equal(block.top.run, "runs/a");
    assert_int_equal(block.top.seed, 7);
    assert_int_equal(block.top.batch, 256);
    assert_string_equal(block.method.name, "barlow");
    assert_true(block.method.temperature == 0.5 && block.method.momentum == 0.99);
    assert_true(block.method.symmetric);
    assert_int_equal(block.evaluate.every, 10);
    assert_int_equal(block.evaluate.k, 20);
    assert_memory_equal(&block, &flow, sizeof block);
}

static void an_empty_job_is_all_defaults(void **state)
{
    (void)state;
    const char *const empty[] = {"",
                                 "\n",
                                 "# only a comment\n",
                                 "---\n",
                                 "{}",
                                 "method:\n",
                                 "method: ~\nevaluate: {knn: {}}\n"};
    for (size_t i = 0; i < sizeof empty / sizeof *empty; i++) {
        job j;
        assert_ok(read_job(empty[i], OVERRIDES("method.name=moco"), &j, NULL));
        assert_int_equal(j.top.batch, 256);
        assert_string_equal(j.method.name, "moco");
        assert_int_equal(j.evaluate.k, 200);
    }
}

static void overrides_replace_and_add(void **state)
{
    (void)state;
    job j;
    assert_ok(read_job(
        "batch: 8\n" MOCO,
        OVERRIDES("batch=16", "batch=32", "evaluate.knn.k=5", "run=a b=c #*", "method.name=simclr"),
        &j, NULL));
    assert_int_equal(j.top.batch, 32);
    assert_int_equal(j.evaluate.k, 5);
    assert_string_equal(j.top.run, "a b=c #*");
    assert_string_equal(j.method.name, "simclr");
    assert_ok(read_job(MOCO, OVERRIDES("run="), &j, NULL));
    assert_string_equal(j.top.run, "");
}

static void two_parts_share_a_section(void **state)
{
    (void)state;
    config *c;
    method_config both = {0};
    const config_part parts[] = {{name_field, &both}, {moco_fields, &both}, {0}};
    assert_ok(config_parse(&c, "method: {name: moco, momentum: 0.5}", "x", 0, NULL));
    assert_ok(config_read(c, "method", parts));
    assert_string_equal(both.name, "moco");
    assert_true(both.momentum == 0.5 && both.temperature == 0.1);
    assert_ok(config_finish(c));
    config_destroy(c);
}

static status read_method(char *const *overrides, int count)
{
    config *c;
    method_config m;
    const config_part parts[] = {{name_field, &m}, {moco_fields, &m}, {0}};
    assert_ok(config_parse(&c, "method: {name: moco, momentum: 0.5, queue: 8, key: {a: 1}}", "x",
                           count, overrides));
    status s = config_read_chosen(c, "method", "method.name", parts);
    if (s == ST_OK) {
        assert_true(m.momentum == 0.5);
        s = config_finish(c);
    }
    config_destroy(c);
    return s;
}

// Keys of the method that the file names are no errors of the one that an override names.
static void another_plugin_leaves_out_the_first_ones_keys(void **state)
{
    (void)state;
    assert_ok(read_method(OVERRIDES("method.name=simclr"), 1));
    assert_fails(read_method(NULL, 0), ST_CONFIG, "x:1:37: method.queue: no such key");
    assert_fails(read_method(OVERRIDES("method.name=moco"), 1), ST_CONFIG, "x:1:37: method.queue");
    assert_fails(read_method(OVERRIDES("method.name=simclr", "method.queue=9"), 2), ST_CONFIG,
                 "override 'method.queue=9': method.queue: no such key");
}

static void the_top_level_reaches_into_sections(void **state)
{
    (void)state;
    config *c;
    evaluate_config e;
    const config_part parts[] = {{evaluate_fields, &e}, {0}};
    assert_ok(config_parse(&c, "{every: 2, knn: {k: 3}}", "x", 0, NULL));
    assert_ok(config_read(c, "", parts));
    assert_ok(config_finish(c));
    assert_int_equal(e.k, 3);
    config_destroy(c);
    assert_ok(config_parse(&c, "{every: 2, knn: {kk: 3}}", "x", 0, NULL));
    assert_fails(config_read(c, "", parts), ST_CONFIG, "x:1:18: knn.kk: no such key; did you mean");
    config_destroy(c);
}

static void selected_reads_ahead(void **state)
{
    (void)state;
    config *c;
    char text[CONFIG_TEXT_SIZE];
    assert_ok(config_parse(&c, "a: {b: c}\nd:\n", "x", 1, OVERRIDES("method.name=simclr")));
    assert_ok(config_selected(c, "method.name", "moco", text));
    assert_string_equal(text, "simclr");
    assert_string_equal(config_place(c, "method.name"), "override 'method.name=simclr'");
    assert_ok(config_selected(c, "model.net", "resnet18", text));
    assert_string_equal(text, "resnet18");
    assert_string_equal(config_place(c, "model.net"), "x");
    assert_string_equal(config_place(c, "a.b"), "x:1:8");
    assert_fails(config_selected(c, "model.net", NULL, text), ST_CONFIG,
                 "x: model.net: this key must be given");
    assert_fails(config_selected(c, "a", "b", text), ST_CONFIG,
                 "x:1:1: a: expected a name, got a section");
    assert_fails(config_selected(c, "d", "b", text), ST_CONFIG,
                 "x:2:1: d: expected a name, got not");
    assert_fails(config_finish(c), ST_CONFIG, "x:1:1: a: no such section");
    config_destroy(c);
}

static void nearest_is_near(void **state)
{
    (void)state;
    const char *const names[] = {"batch", "workers", "temperature", "lr", "knn", NULL};
    assert_string_equal(config_nearest("bacth", names), "batch");
    assert_string_equal(config_nearest("batches", names), "batch");
    assert_string_equal(config_nearest("worker", names), "workers");
    assert_string_equal(config_nearest("tempreature", names), "temperature");
    assert_string_equal(config_nearest("temprature", names), "temperature");
    assert_string_equal(config_nearest("kn", names), "knn");
    assert_string_equal(config_nearest("knn", names), "knn");
    assert_string_equal(config_nearest("nkn", names), "knn");
    assert_string_equal(config_nearest("epoch", (const char *const[]){"epochs", "epoch", NULL}),
                        "epoch");
    assert_string_equal(config_nearest("epoch", (const char *const[]){"epoch", "epochs", NULL}),
                        "epoch");
    assert_null(config_nearest("bxxxh", names));
    assert_null(config_nearest("x", names));
    assert_null(config_nearest("", names));
    assert_null(config_nearest("queue", names));
    assert_null(config_nearest("batch", (const char *const[]){NULL}));
    char word[1000];
    memset(word, 'b', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_null(config_nearest(word, names));
}

// The number of the choice in `text`, which is written again as it was.
static status read_choice(const char *text, int *number)
{
    const config_field fields[] = {
        {"start", FIELD_CHOICE, 0, "zero", 0, 0, "zero|encoder|last", "of inference"}, {0}};
    config *c;
    char *written = NULL;
    size_t size;
    TRY(config_parse(&c, text, "job.yaml", 0, NULL));
    status s = config_read(c, "", (config_part[]){{fields, number}, {0}});
    FILE *out = open_memstream(&written, &size);
    assert_non_null(out);
    config_write(c, out);
    assert_int_equal(fclose(out), 0);
    if (s == ST_OK && text[0] != '\0') assert_string_equal(written, text);
    free(written);
    config_destroy(c);
    return s;
}

static void a_choice_is_its_number(void **state)
{
    (void)state;
    int number = 9;
    assert_ok(read_choice("", &number));
    assert_int_equal(number, 0);
    assert_ok(read_choice("start: last\n", &number));
    assert_int_equal(number, 2);
    assert_ok(read_choice("start: encoder\n", &number));
    assert_int_equal(number, 1);
    assert_fails(read_choice("start: lst\n", &number), ST_CONFIG,
                 "expected one of zero, encoder, last, got \"lst\"; did you mean 'last'?");
    assert_fails(read_choice("start: 1\n", &number), ST_CONFIG, "expected one of zero, encoder");
}

static void help_is_a_table(void **state)
{
    (void)state;
    const config_field empty_default[] = {{"file", FIELD_TEXT, 0, "", 0, 0, NULL, "of labels"},
                                          {0}};
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    config_help(out, "method", name_field);
    config_help(out, "", moco_fields);
    config_help(out, "", empty_default);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text,
                        "method:\n"
                        "  name  text     required  moco, simclr, barlow  of the method\n"
                        "  temperature  number   0.1    0.0001 to 100  T\n"
                        "  momentum     number   0.99                  of the keys' encoder\n"
                        "  symmetric    bool     false                 both views are queries\n"
                        "  file  text     \"\"    of labels\n");
    free(text);
}

// Writes `text` to a new file below the temporary folder; `path` has room for 64 bytes.
static void make_file(char path[64], const char *text, size_t size)
{
    snprintf(path, 64, "/tmp/basin_config_XXXXXX");
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, size), size);
    assert_int_equal(close(descriptor), 0);
}

static void files_are_loaded(void **state)
{
    (void)state;
    config *c;
    job j;
    char path[64], message[128];
    make_file(path, MOCO "batch: 3", strlen(MOCO "batch: 3"));
    assert_ok(config_load(&c, path, 1, OVERRIDES("seed=2")));
    assert_ok(read_sections(c, &j));
    assert_int_equal(j.top.batch, 3);
    assert_int_equal(j.top.seed, 2);
    config_destroy(c);
    assert_int_equal(unlink(path), 0);
    snprintf(message, sizeof message, "%s: no such file", path);
    assert_fails(config_load(&c, path, 0, NULL), ST_NO_INPUT, message);
    assert_null(c);
    assert_fails(config_load(&c, "/tmp", 0, NULL), ST_BAD_DATA, "/tmp: is a folder");

    make_file(path, "", 0);
    assert_ok(config_load(&c, path, 0, NULL));
    config_destroy(c);
    assert_int_equal(unlink(path), 0);

    make_file(path, "batch: 3\n\0seed: 4\n", 18);
    assert_fails(config_load(&c, path, 0, NULL), ST_CONFIG, "found a zero byte after 9 bytes");
    assert_int_equal(unlink(path), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(block_and_flow_give_the_same),
        cmocka_unit_test(an_empty_job_is_all_defaults),
        cmocka_unit_test(overrides_replace_and_add),
        cmocka_unit_test(another_plugin_leaves_out_the_first_ones_keys),
        cmocka_unit_test(two_parts_share_a_section),
        cmocka_unit_test(the_top_level_reaches_into_sections),
        cmocka_unit_test(selected_reads_ahead),
        cmocka_unit_test(nearest_is_near),
        cmocka_unit_test(a_choice_is_its_number),
        cmocka_unit_test(help_is_a_table),
        cmocka_unit_test(files_are_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
