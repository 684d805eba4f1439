// The folder of a run: which checkpoint is the newest, how many stay, lines that are whole.
#include "tests/check.h"

#include "trainer/run_folder.h"

#include <stdlib.h>
#include <unistd.h>

static char root[256];

static int make_root(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/basin-run-XXXXXX", temporary != NULL ? temporary : "/tmp");
    return mkdtemp(root) == NULL;
}

static int remove_root(void **state)
{
    (void)state;
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void make_file(const char *path)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static void newest_checkpoints_stay(void **state)
{
    (void)state;
    char run[300], path[RUN_PATH_SIZE], wanted[RUN_PATH_SIZE];
    snprintf(run, sizeof run, "%s/deep/run", root);
    run_folder r;
    bool found = true;
    assert_ok(run_folder_latest(run, &found, path));
    assert_false(found);
    assert_ok(run_folder_open(&r, run));
    const uint64_t steps[] = {5, 70, 900, 1000000000};
    for (int i = 0; i < 4; i++) {
        run_folder_checkpoint_path(run, steps[i], path);
        make_file(path);
        assert_ok(run_folder_publish(&r, steps[i], 2));
    }
    for (int i = 0; i < 4; i++) {
        run_folder_checkpoint_path(run, steps[i], wanted);
        assert_int_equal(access(wanted, F_OK) == 0, i >= 2);
    }
    assert_ok(run_folder_latest(run, &found, path));
    assert_true(found);
    assert_string_equal(path, wanted);
    assert_ok(run_folder_close(&r));
}

static void metrics_are_appended(void **state)
{
    (void)state;
    char run[300], path[RUN_PATH_SIZE], line[64] = "";
    snprintf(run, sizeof run, "%s/metrics", root);
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

static void file_in_the_way_is_told(void **state)
{
    (void)state;
    char path[300], run[320];
    snprintf(path, sizeof path, "%s/file", root);
    snprintf(run, sizeof run, "%s/run", path);
    make_file(path);
    run_folder r;
    assert_fails(run_folder_open(&r, run), ST_IO, "in the way");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_checkpoints_stay),
        cmocka_unit_test(metrics_are_appended),
        cmocka_unit_test(file_in_the_way_is_told),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
