// The checkpoints of a run: which stay, which is taken, and what happens to damaged ones.
#include "tests/check.h"

#include "io/checkpoint/checkpoint.h"
#include "tests/trainer/run_root.h"
#include "trainer/run/checkpoint_folder.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char run[RUN_PATH_SIZE];
static char remark[CHECKPOINT_REMARK_SIZE];

// A new run folder.
static void make_run(const char *name)
{
    run_folder r;
    run_root_open(&r, name);
    snprintf(run, sizeof run, "%s", r.path);
    assert_ok(run_folder_close(&r));
}

// A checkpoint of `step` under the name `name`.
static void write_as(const char *name, uint64_t step)
{
    char path[RUN_PATH_SIZE + 64];
    checkpoint_array array = {"step", ARRAY_U64, 0, {0}, &step};
    snprintf(path, sizeof path, "%s/checkpoints/%s", run, name);
    assert_ok(checkpoint_write(path, &array, 1, NULL, 0));
}

static void write_step(uint64_t step)
{
    char name[32];
    snprintf(name, sizeof name, "step-%012llu.h5", (unsigned long long)step);
    write_as(name, step);
}

static bool has_file(const char *name)
{
    char path[RUN_PATH_SIZE + 64];
    snprintf(path, sizeof path, "%s/checkpoints/%s", run, name);
    return access(path, F_OK) == 0;
}

static bool has(uint64_t step, const char *end)
{
    char path[RUN_PATH_SIZE], file[RUN_PATH_SIZE + 8];
    checkpoint_folder_path(run, step, path);
    snprintf(file, sizeof file, "%s%s", path, end);
    return access(file, F_OK) == 0;
}

// The last quarter of the file is gone.
static void damage(uint64_t step)
{
    char path[RUN_PATH_SIZE];
    struct stat info;
    checkpoint_folder_path(run, step, path);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(truncate(path, info.st_size * 3 / 4), 0);
}

static void newest_and_every_so_manieth_stay(void **state)
{
    (void)state;
    make_run("keep");
    const checkpoint_keeping keeping = {2, 5, 20};
    for (uint64_t step = 5; step <= 50; step += 5) {
        write_step(step);
        assert_ok(checkpoint_folder_publish(run, step, &keeping, remark));
    }
    for (uint64_t step = 5; step <= 50; step += 5)
        assert_int_equal(has(step, ""), step >= 45 || step % 20 == 0);
    char latest[RUN_PATH_SIZE + 32], target[64] = "";
    snprintf(latest, sizeof latest, "%s/checkpoints/latest", run);
    assert_true(readlink(latest, target, sizeof target - 1) > 0);
    assert_string_equal(target, "step-000000000050.h5");
}

// Those of epochs' ends are not driven out by those in between.
static void others_are_counted_by_themselves(void **state)
{
    (void)state;
    make_run("others");
    const checkpoint_keeping keeping = {2, 10, 0};
    for (uint64_t step = 1; step <= 29; step++) {
        write_step(step);
        assert_ok(checkpoint_folder_publish(run, step, &keeping, remark));
    }
    for (uint64_t step = 1; step <= 29; step++)
        assert_int_equal(has(step, ""), step >= 28 || step == 10 || step == 20);
}

static void none_is_deleted_for_a_damaged_one(void **state)
{
    (void)state;
    make_run("unread");
    const checkpoint_keeping keeping = {1, 1, 0};
    write_step(1);
    assert_ok(checkpoint_folder_publish(run, 1, &keeping, remark));
    write_step(2);
    damage(2);
    assert_fails(checkpoint_folder_publish(run, 2, &keeping, remark), ST_IO,
                 "step-000000000002.h5");
    assert_true(has(1, "") && !has(2, "") && has(2, ".bad"));
}

static void the_newest_good_one_is_chosen_and_bad_ones_are_marked(void **state)
{
    (void)state;
    bool found = true;
    uint64_t step = 0;
    make_run("choose");
    assert_ok(checkpoint_folder_choose(run, &found, &step));
    assert_false(found);
    for (uint64_t at = 1; at <= 4; at++)
        write_step(at * 1000);
    damage(4000);
    damage(3000);
    char partial[RUN_PATH_SIZE + 64];
    snprintf(partial, sizeof partial, "%s/checkpoints/step-000000005000.h5.partial-123", run);
    assert_int_equal(close(open(partial, O_CREAT | O_WRONLY, 0666)), 0);
    assert_ok(checkpoint_folder_choose(run, &found, &step));
    assert_true(found && step == 2000);
    assert_true(has(4000, ".bad") && has(3000, ".bad") && !has(4000, "") && has(1000, ""));
    assert_int_equal(access(partial, F_OK), -1);
    char latest[RUN_PATH_SIZE + 64], target[64] = "";
    snprintf(latest, sizeof latest, "%s/checkpoints/latest", run);
    assert_true(readlink(latest, target, sizeof target - 1) > 0);
    assert_string_equal(target, "step-000000002000.h5");
}

static void a_reader_finds_the_newest_good_one_and_changes_nothing(void **state)
{
    (void)state;
    bool found = true;
    char path[RUN_PATH_SIZE], wanted[RUN_PATH_SIZE];
    make_run("read");
    assert_ok(checkpoint_folder_find(run, &found, path));
    assert_false(found);
    for (uint64_t step = 1; step <= 3; step++)
        write_step(step);
    damage(3);
    assert_ok(checkpoint_folder_find(run, &found, path));
    checkpoint_folder_path(run, 2, wanted);
    assert_true(found);
    assert_string_equal(path, wanted);
    assert_true(has(3, "") && !has(3, ".bad"));
    damage(2);
    damage(1);
    assert_fails(checkpoint_folder_find(run, &found, path), ST_BAD_DATA, "none can be read");
    assert_true(has(3, "") && has(2, "") && has(1, ""));
}

// A run that had checkpoints does not begin anew in silence.
static void only_damaged_ones_are_an_error(void **state)
{
    (void)state;
    bool found;
    uint64_t step;
    make_run("lost");
    write_step(7);
    damage(7);
    for (int again = 0; again < 2; again++)
        assert_fails(checkpoint_folder_choose(run, &found, &step), ST_BAD_DATA, "to begin anew");
}

static void too_little_room_is_told(void **state)
{
    (void)state;
    make_run("room");
    assert_ok(checkpoint_folder_room(run, 1));
    assert_fails(checkpoint_folder_room(run, UINT64_MAX / 2), ST_IO, "MB are free");
}

// Only the name that a number gives is a checkpoint's: neither chosen nor deleted, nor counted, are
// others.
static void files_of_other_names_are_the_users(void **state)
{
    (void)state;
    static const char *const names[] = {
        "step-best.h5",          "step-000000000000-keep-me.h5", "step-9.h5",
        "step-0000000000009.h5", "step- 00000000009.h5",         "step-00000000000a.h5"};
    bool found;
    uint64_t step;
    char path[RUN_PATH_SIZE], wanted[RUN_PATH_SIZE];
    make_run("names");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        write_as(names[i], 900);
    assert_ok(checkpoint_folder_choose(run, &found, &step));
    assert_false(found);
    const checkpoint_keeping keeping = {1, 1, 0};
    for (uint64_t at = 1; at <= 3; at++) {
        write_step(at);
        assert_ok(checkpoint_folder_publish(run, at, &keeping, remark));
        assert_string_equal(remark, "");
    }
    assert_ok(checkpoint_folder_choose(run, &found, &step));
    assert_true(found && step == 3 && !has(2, ""));
    assert_ok(checkpoint_folder_find(run, &found, path));
    checkpoint_folder_path(run, 3, wanted);
    assert_string_equal(path, wanted);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_true(has_file(names[i]));
}

static void a_checkpoint_of_another_step_than_its_name_is_not_taken(void **state)
{
    (void)state;
    bool found;
    uint64_t step;
    make_run("renamed");
    write_step(4);
    write_as("step-000000000008.h5", 4);
    assert_ok(checkpoint_folder_choose(run, &found, &step));
    assert_true(found && step == 4 && has(8, ".bad") && !has(8, ""));
}

// A link or a deletion that fails is told, and the checkpoint is written all the same. Folders that
// are not empty stand for what cannot be replaced or deleted.
static void conveniences_may_fail(void **state)
{
    (void)state;
    bool found;
    uint64_t step;
    char folder[RUN_PATH_SIZE + 64];
    make_run("inconvenient");
    for (int i = 0; i < 2; i++) {
        const char *const name = i == 0 ? "latest" : "step-000000000001.h5";
        snprintf(folder, sizeof folder, "%s/checkpoints/%s", run, name);
        assert_int_equal(mkdir(folder, 0777), 0);
        snprintf(folder, sizeof folder, "%s/checkpoints/%s/inside", run, name);
        assert_int_equal(mkdir(folder, 0777), 0);
    }
    write_step(0);
    write_step(2);
    write_step(9); // of a longer run: not this one's to delete, and no reason to delete step 2
    const checkpoint_keeping keeping = {1, 1, 0};
    assert_ok(checkpoint_folder_publish(run, 2, &keeping, remark));
    assert_non_null(strstr(remark, "latest: cannot be pointed to the newest checkpoint"));
    assert_non_null(strstr(remark, "step-000000000001.h5: the old checkpoint cannot be deleted"));
    assert_true(!has(0, "") && has(2, "") && has(9, ""));
    char before[CHECKPOINT_REMARK_SIZE];
    memcpy(before, remark, sizeof before);
    write_step(3);
    assert_ok(checkpoint_folder_publish(run, 3, &keeping, remark));
    assert_string_equal(remark, before); // so that it is told once
    assert_ok(checkpoint_folder_choose(run, &found, &step));
    assert_true(found && step == 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newest_and_every_so_manieth_stay),
        cmocka_unit_test(others_are_counted_by_themselves),
        cmocka_unit_test(none_is_deleted_for_a_damaged_one),
        cmocka_unit_test(the_newest_good_one_is_chosen_and_bad_ones_are_marked),
        cmocka_unit_test(a_reader_finds_the_newest_good_one_and_changes_nothing),
        cmocka_unit_test(only_damaged_ones_are_an_error),
        cmocka_unit_test(too_little_room_is_told),
        cmocka_unit_test(files_of_other_names_are_the_users),
        cmocka_unit_test(a_checkpoint_of_another_step_than_its_name_is_not_taken),
        cmocka_unit_test(conveniences_may_fail),
    };
    return cmocka_run_group_tests(tests, run_root_make, run_root_remove);
}
