// HDF5 reads through the door of base/input.h: it does not wait, and the reason is the system's.
#include "tests/check.h"

#include "io/checkpoint/checkpoint.h"
#include "io/packing/file_kind.h"
#include "io/packing/pack.h"
#include "io/shards/dataset.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static dataset_source source_of(const char *files)
{
    return (dataset_source){
        .files = files, .images = "/images", .labels = "/labels", .axes = "NHWC"};
}

static status open_and_close(const char *files)
{
    dataset *d;
    dataset_source source = source_of(files);
    TRY(dataset_open(&d, &source));
    dataset_close(d);
    return ST_OK;
}

static status pack_one(const char *path)
{
    pack_result result;
    pack_job job = {.sources = &path,
                    .source_count = 1,
                    .destination = test_path(&folder, "never"),
                    .shard_size = 10};
    return pack(&job, &result);
}

// A pipe that nobody writes to would be waited for for ever.
static void a_pipe_is_refused_by_all_readers(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "pipe-images-idx3-ubyte");
    file_kind kind;
    checkpoint *c;
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_fails(open_and_close(path), ST_BAD_DATA, "is a pipe; a regular file is expected");
    assert_fails(file_kind_find(path, &kind), ST_BAD_DATA, "is a pipe");
    assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "is a pipe");
    assert_fails(checkpoint_verify(path, NULL), ST_BAD_DATA, "is a pipe");
    assert_fails(pack_one(path), ST_BAD_DATA, "is a pipe");
    assert_int_equal(unlink(path), 0);
}

static void a_folder_is_named_as_one(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "folder.h5");
    file_kind kind;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_fails(file_kind_find(path, &kind), ST_BAD_DATA, "is a folder");
    assert_int_equal(rmdir(path), 0);
}

// HDF5 opens the target of a link by itself, through the same driver.
static void a_link_to_a_pipe_is_not_waited_for(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "master.h5"), *pipe = test_path(&folder, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Lcreate_external("pipe", "/images", file, "images", H5P_DEFAULT, H5P_DEFAULT) >=
                0);
    H5Fclose(file);
    assert_int_equal(open_and_close(path), ST_BAD_DATA);
    status_clear();
    assert_int_equal(unlink(pipe), 0);
}

static void too_many_open_files_are_not_a_damaged_file(void **state)
{
    (void)state;
    struct rlimit before, none;
    sample_file f = sample_file_initial(test_path(&folder, "fine.h5"), 3);
    sample_file_write(&f);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = (struct rlimit){3, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    status s = open_and_close(f.path);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(s, ST_IO);
    assert_non_null(strstr(status_message(), "fine.h5: cannot be opened: Too many open files"));
    status_clear();
    assert_ok(open_and_close(f.path));
}

// Plain shards and such that HDF5 keeps open, in turn.
static void many_shards_are_read_with_few_descriptors(void **state)
{
    (void)state;
    struct rlimit before, few;
    char name[32];
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof name, "part-%02d.h5", i);
        sample_file f = sample_file_initial(test_path(&folder, name), 2);
        f.first = 2 * (uint64_t)i;
        if (i % 2 == 1) memcpy(f.chunk, (uint64_t[]){1, 5, 4, 3}, sizeof f.chunk);
        sample_file_write(&f);
    }
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = (struct rlimit){24, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    dataset *d;
    dataset_source source = source_of(test_path(&folder, "part-*.h5"));
    assert_ok(dataset_open(&d, &source));
    uint8_t pixels[60];
    for (uint64_t i = 0; i < 120; i++) {
        assert_ok(dataset_read(d, i * 7 % 120, pixels));
        assert_int_equal(pixels[59], (int)sample_value(i * 7 % 120, 4, 3, 2));
    }
    dataset_close(d);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

int main(void)
{
    alarm(30); // who waits for a pipe fails
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipe_is_refused_by_all_readers),
        cmocka_unit_test(a_folder_is_named_as_one),
        cmocka_unit_test(a_link_to_a_pipe_is_not_waited_for),
        cmocka_unit_test(too_many_open_files_are_not_a_damaged_file),
        cmocka_unit_test(many_shards_are_read_with_few_descriptors),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
