// The folder of a run: lines of metrics that are whole, also over a full disk and a kill.
#include "tests/check.h"

#include "tests/trainer/run_root.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static void make_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void metrics_are_appended(void **state)
{
    (void)state;
    char run[300], path[RUN_PATH_SIZE], line[64] = "";
    snprintf(run, sizeof run, "%s/metrics", run_root);
    for (int i = 0; i < 2; i++) {
        run_folder r;
        assert_ok(run_folder_open(&r, run));
        assert_ok(run_folder_add_metrics(&r, i == 0 ? "{\"a\":1}" : "{\"b\":2}"));
        assert_ok(run_folder_close(&r));
    }
    snprintf(path, sizeof path, "%s/metrics.jsonl", run);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "{\"a\":1}\n");
    assert_non_null(fgets(line, sizeof line, file));
    assert_string_equal(line, "{\"b\":2}\n");
    assert_int_equal(fclose(file), 0);
}

static void check_metrics(const char *run, const char *expected)
{
    char path[RUN_PATH_SIZE], text[64] = "";
    snprintf(path, sizeof path, "%s/metrics.jsonl", run);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, expected);
}

static void an_unfinished_line_is_ended(void **state)
{
    (void)state;
    run_folder r;
    char run[RUN_PATH_SIZE];
    run_root_open(&r, "torn");
    snprintf(run, sizeof run, "%s", r.path);
    assert_int_equal(write(r.metrics, "{\"a\":", 5), 5);
    assert_ok(run_folder_close(&r));
    run_root_open(&r, "torn");
    assert_ok(run_folder_add_metrics(&r, "{\"b\":2}"));
    assert_ok(run_folder_close(&r));
    check_metrics(run, "{\"a\":\n{\"b\":2}\n");
}

// A file size limit stands for a full disk; the line before it is cut in its middle.
static void lines_wait_for_room(void **state)
{
    (void)state;
    run_folder r;
    char run[RUN_PATH_SIZE];
    run_root_open(&r, "full");
    snprintf(run, sizeof run, "%s", r.path);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    limit = before;
    limit.rlim_cur = 12;
    setrlimit(RLIMIT_FSIZE, &limit);
    assert_ok(run_folder_add_metrics(&r, "{\"a\":1}"));
    assert_ok(run_folder_add_metrics(&r, "{\"b\":2}"));
    assert_ok(run_folder_add_metrics(&r, "{\"c\":3}"));
    assert_fails(run_folder_flush(&r), ST_IO, "metrics.jsonl");
    setrlimit(RLIMIT_FSIZE, &before);
    assert_ok(run_folder_add_metrics(&r, "{\"d\":4}"));
    assert_ok(run_folder_close(&r));
    check_metrics(run, "{\"a\":1}\n{\"b\":2}\n{\"c\":3}\n{\"d\":4}\n");
}

static void file_in_the_way_is_told(void **state)
{
    (void)state;
    char path[300], run[320];
    snprintf(path, sizeof path, "%s/file", run_root);
    snprintf(run, sizeof run, "%s/run", path);
    make_file(path);
    run_folder r;
    assert_fails(run_folder_open(&r, run), ST_IO, "in the way");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_appended),
        cmocka_unit_test(an_unfinished_line_is_ended),
        cmocka_unit_test(lines_wait_for_room),
        cmocka_unit_test(file_in_the_way_is_told),
    };
    return cmocka_run_group_tests(tests, run_root_make, run_root_remove);
}
