// The saver: what it copied is written, whatever happens to the arrays afterwards; failures are
// told of and do not stay.
#include "tests/check.h"

#include "io/checkpoint/checkpoint.h"
#include "tests/trainer/run_root.h"
#include "trainer/run/saver.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#define COUNT 200000

static float weights[COUNT];
static uint64_t step;
static const checkpoint_array arrays[] = {{"weights", ARRAY_F32, 1, {COUNT}, weights},
                                          {"step", ARRAY_U64, 0, {0}, &step}};
// A file system without links, without fsync, and from which nothing can be deleted.
static bool poor;

int symlink(const char *target, const char *path)
{
    if (!poor) return symlinkat(target, AT_FDCWD, path);
    errno = EPERM;
    return -1;
}

// The newest checkpoint when metrics.jsonl was last made durable: one that is there already, or 0.
static uint64_t records_before = 99;
static char records_run[RUN_PATH_SIZE];

static void note_records(int file)
{
    char link[64], path[RUN_PATH_SIZE] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    if (readlink(link, path, sizeof path - 1) <= 0 || strstr(path, "/metrics.jsonl") == NULL)
        return;
    records_before = 0;
    for (uint64_t at = 1; at < 9; at++) {
        checkpoint_folder_path(records_run, at, path);
        if (access(path, F_OK) == 0) records_before = at;
    }
}

int fsync(int file)
{
    note_records(file);
    if (!poor) return fdatasync(file);
    errno = ENOSYS;
    return -1;
}

int unlink(const char *path)
{
    if (!poor) return unlinkat(AT_FDCWD, path, 0);
    errno = EACCES;
    return -1;
}

static const checkpoint_text text = {"job", "run: x\n"};

static void fill(uint64_t now)
{
    step = now;
    for (int i = 0; i < COUNT; i++)
        weights[i] = (float)now + (float)i;
}

static saver *make_saver(const char *name, char run[RUN_PATH_SIZE])
{
    run_folder r;
    saver *s = NULL;
    const checkpoint_keeping keeping = {2, 1, 0};
    run_root_open(&r, name);
    snprintf(run, RUN_PATH_SIZE, "%s", r.path);
    assert_ok(run_folder_close(&r));
    assert_ok(saver_create(&s, run, &keeping, arrays, 2, &text, 1));
    return s;
}

// The checkpoint of `now` holds what fill(now) makes.
static void check(const char *run, uint64_t now)
{
    static float found[COUNT];
    char path[RUN_PATH_SIZE];
    checkpoint *c;
    checkpoint_array array = arrays[0];
    array.data = found;
    checkpoint_folder_path(run, now, path);
    assert_ok(checkpoint_open(&c, path));
    assert_ok(checkpoint_read(c, &array));
    checkpoint_close(c);
    fill(now);
    assert_memory_equal(found, weights, sizeof weights);
}

static void what_was_copied_is_written(void **state)
{
    (void)state;
    char run[RUN_PATH_SIZE];
    saver *s = make_saver("copies", run);
    for (uint64_t now = 1; now <= 5; now++) {
        fill(now);
        saver_begin(s, now, arrays);
        fill(1000); // training goes on
    }
    assert_ok(saver_finish(s));
    check(run, 4);
    check(run, 5);
    assert_int_equal(saver_get_times(s).written, 5);
    assert_int_equal(saver_get_times(s).failed, 0);
    saver_destroy(s);
}

// A file size limit stands for a full disk.
static void a_full_disk_fails_that_checkpoint_alone(void **state)
{
    (void)state;
    char run[RUN_PATH_SIZE], path[RUN_PATH_SIZE];
    saver *s = make_saver("full", run);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, SIG_IGN);
    fill(1);
    saver_begin(s, 1, arrays);
    assert_ok(saver_finish(s));
    limit = before;
    limit.rlim_cur = sizeof weights / 2;
    setrlimit(RLIMIT_FSIZE, &limit);
    saver_begin(s, 2, arrays);
    assert_fails(saver_finish(s), ST_IO, "step 2");
    setrlimit(RLIMIT_FSIZE, &before);
    check(run, 1);
    checkpoint_folder_path(run, 2, path);
    assert_int_equal(access(path, F_OK), -1);
    fill(3);
    saver_begin(s, 3, arrays);
    assert_ok(saver_finish(s));
    check(run, 3);
    assert_int_equal(saver_get_times(s).failed, 1);
    saver_destroy(s);
}

static void a_poor_file_system_fails_no_checkpoint(void **state)
{
    (void)state;
    char run[RUN_PATH_SIZE];
    saver *s = make_saver("poor", run);
    poor = true;
    for (uint64_t now = 1; now <= 4; now++) {
        fill(now);
        saver_begin(s, now, arrays);
    }
    status finished = saver_finish(s);
    poor = false;
    assert_ok(finished);
    assert_int_equal(saver_get_times(s).written, 4);
    assert_int_equal(saver_get_times(s).failed, 0);
    for (uint64_t now = 1; now <= 4; now++) // those that could not be deleted, too
        check(run, now);
    fill(5);
    saver_begin(s, 5, arrays);
    assert_ok(saver_finish(s));
    char path[RUN_PATH_SIZE];
    checkpoint_folder_path(run, 3, path);
    assert_int_equal(access(path, F_OK), -1); // and when they can be, they are
    saver_destroy(s);
}

// Lines of metrics outlive a power cut if their checkpoint does: they are on the disk before it has
// its name.
static void records_are_durable_with_their_checkpoint(void **state)
{
    (void)state;
    saver *s = make_saver("records", records_run);
    for (uint64_t now = 1; now <= 3; now++) {
        records_before = 99;
        fill(now);
        saver_begin(s, now, arrays);
        assert_ok(saver_finish(s));
        assert_int_equal(records_before, now - 1);
    }
    saver_destroy(s);
}

static void an_end_without_work_is_an_end(void **state)
{
    (void)state;
    char run[RUN_PATH_SIZE];
    saver *s = make_saver("idle", run);
    assert_ok(saver_finish(s));
    saver_destroy(s);
    s = make_saver("busy", run);
    fill(9);
    saver_begin(s, 9, arrays);
    saver_destroy(s); // waits
    check(run, 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_copied_is_written),
        cmocka_unit_test(a_full_disk_fails_that_checkpoint_alone),
        cmocka_unit_test(a_poor_file_system_fails_no_checkpoint),
        cmocka_unit_test(records_are_durable_with_their_checkpoint),
        cmocka_unit_test(an_end_without_work_is_an_end),
    };
    return cmocka_run_group_tests(tests, run_root_make, run_root_remove);
}
