// The folder of a run: lines of metrics that are whole, also over a full disk and a kill.
#include "tests/check.h"

#include "tests/trainer/run_root.h"
#include "trainer/run/metrics_lines.h"

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
        assert_ok(run_folder_open(&r, run, 1));
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
    char path[RUN_PATH_SIZE], text[256] = "";
    snprintf(path, sizeof path, "%s/metrics.jsonl", run);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(text, expected);
}

static void an_unfinished_line_is_removed(void **state)
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
    check_metrics(run, "{\"b\":2}\n");
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

// Puts `text` into a file of the run.
static void put(const char *run, const char *name, const char *text)
{
    char path[2 * RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", run, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static bool has(const char *run, const char *name)
{
    char path[2 * RUN_PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", run, name);
    return access(path, F_OK) == 0;
}

// Opens the run behind `step`; its metrics are then `expected`.
static void check_cut(const char *run, uint64_t step, const char *before, const char *expected)
{
    run_folder r;
    put(run, "metrics.jsonl", before);
    assert_ok(run_folder_open(&r, run, step));
    assert_ok(run_folder_add_metrics(&r, "END"));
    assert_ok(run_folder_close(&r));
    check_metrics(run, expected);
}

// What a killed process has left behind the checkpoint: those steps are done again.
static void lines_of_later_steps_are_cut_off(void **state)
{
    (void)state;
    run_folder r;
    char run[RUN_PATH_SIZE];
    run_root_open(&r, "cut");
    snprintf(run, sizeof run, "%s", r.path);
    assert_ok(run_folder_close(&r));
#define LINE(n) "{\"step\":" #n ",}\n"
    check_cut(run, 6, LINE(4) LINE(6) LINE(6) LINE(8) LINE(10), LINE(4) LINE(6) LINE(6) "END\n");
    check_cut(run, 6, LINE(4) LINE(8) LINE(5),
              LINE(4) "END\n"); // of a folder that was resumed before
    check_cut(run, 6, LINE(4) "# mine\n" LINE(6) "{\"step\":6", LINE(4) "# mine\n" LINE(6) "END\n");
    check_cut(run, 60, LINE(4) LINE(18446744073709551616) LINE(-1),
              LINE(4) LINE(18446744073709551616) LINE(-1) "END\n");
    check_cut(run, 0, LINE(0) LINE(2), "END\n"); // there is no checkpoint: all begins anew
#undef LINE
}

static void parts_of_a_killed_writer_are_removed(void **state)
{
    (void)state;
    static const char *const parts[] = {"run.json.partial-77", "job.yaml.partial-8",
                                        "proof.jsonl.partial-12",
                                        "job-until-step-000000000006.yaml.partial-9"};
    static const char *const others[] = {"codes.h5.partial-7", "job-until-step-000000000006.yaml",
                                         "run.json"};
    run_folder r;
    char run[RUN_PATH_SIZE];
    run_root_open(&r, "parts");
    snprintf(run, sizeof run, "%s", r.path);
    assert_ok(run_folder_close(&r));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        put(run, parts[i], "{");
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        put(run, others[i], "{");
    run_root_open(&r, "parts");
    assert_ok(run_folder_close(&r));
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_false(has(run, parts[i]));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_true(has(run, others[i]));
}

static void numbers_of_a_line_are_found_by_key(void **state)
{
    (void)state;
    const char *line =
        "{\"step\":3,\"knn_top1_pixels\":0.25,\"loss\":-1.5e-3,\"lr\":null,\"knn_top1\":0.5}";
    double value = 9;
    assert_true(metrics_line_find(line, "loss", &value) && value == -1.5e-3);
    assert_true(metrics_line_find(line, "knn_top1", &value) && value == 0.5);
    assert_false(metrics_line_find(line, "lr", &value));
    assert_false(metrics_line_find(line, "top1", &value));
    assert_true(value == 0.5);
}

static void file_in_the_way_is_told(void **state)
{
    (void)state;
    char path[300], run[320];
    snprintf(path, sizeof path, "%s/file", run_root);
    snprintf(run, sizeof run, "%s/run", path);
    make_file(path);
    run_folder r;
    assert_fails(run_folder_open(&r, run, 0), ST_IO, "in the way");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(metrics_are_appended),
        cmocka_unit_test(an_unfinished_line_is_removed),
        cmocka_unit_test(lines_wait_for_room),
        cmocka_unit_test(lines_of_later_steps_are_cut_off),
        cmocka_unit_test(parts_of_a_killed_writer_are_removed),
        cmocka_unit_test(numbers_of_a_line_are_found_by_key),
        cmocka_unit_test(file_in_the_way_is_told),
    };
    return cmocka_run_group_tests(tests, run_root_make, run_root_remove);
}
