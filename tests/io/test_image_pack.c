// Folders of images become the same shards on any number of processes, and a pack is continued.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "tests/io/image_folder.h"

#include <hdf5.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static test_folder sources, shards, others; // of one test

static int make_folders(void **state)
{
    (void)state;
    return test_folder_create(&sources) != 0 || test_folder_create(&shards) != 0 ||
           test_folder_create(&others) != 0;
}

static int remove_folders(void **state)
{
    (void)state;
    status_clear();
    return image_folder_remove(&sources) != 0 || image_folder_remove(&shards) != 0 ||
           image_folder_remove(&others) != 0;
}

// Three classes of four images; the sizes differ.
static void write_classes(void)
{
    for (int class = 0; class < 3; class ++) {
        char name[40];
        snprintf(name, sizeof name, "class%d", class);
        image_folder_class(&sources, name);
        for (int i = 0; i < 4; i++) {
            snprintf(name, sizeof name, "class%d/%d.jpg", class, i);
            image_folder_pattern(&sources, name, 20 + 3 * i, 31 - 5 * class, 4 * class + i);
        }
    }
}

static pack_job job_to(const test_folder *destination, int rank_count)
{
    static const char *source;
    source = sources.path;
    return (pack_job){.sources = &source,
                      .source_count = 1,
                      .destination = destination->path,
                      .shard_size = 2,
                      .test_every = 4,
                      .rank_count = rank_count};
}

static void assert_same_files(void)
{
    static const char *const names[] = {"train-00000.h5", "train-00001.h5", "train-00002.h5",
                                        "train-00003.h5", "train-00004.h5", "test-00000.h5",
                                        "test-00001.h5"};
    assert_int_equal(test_count(&shards), 7);
    assert_int_equal(test_count(&others), 7);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size, other_size;
        char *one = test_read(test_path(&shards, names[i]), &size);
        char *other = test_read(test_path(&others, names[i]), &other_size);
        assert_int_equal(size, other_size);
        assert_memory_equal(one, other, size);
        free(one);
        free(other);
    }
}

static void any_number_of_processes_writes_the_same_bytes(void **state)
{
    (void)state;
    pack_result result;
    write_classes();
    for (int side = 0; side <= 8; side += 8) {
        pack_job job = job_to(&shards, 1);
        job.side = side;
        job.replace = true;
        assert_ok(image_folder_pack(&job, &result, NULL));
        for (int rank_count = 2; rank_count <= 8; rank_count += 3) { // 8: more than shards
            job = job_to(&others, rank_count);
            job.side = side;
            job.replace = true;
            assert_ok(image_folder_pack(&job, &result, NULL));
            assert_int_equal(result.splits[0].made.samples, 9);
            assert_int_equal(result.splits[1].made.samples, 3);
            assert_int_equal(result.splits[0].made.classes, 3);
            assert_same_files();
        }
    }
}

// Whole shards are left alone, and what a process left half-written goes.
static void a_pack_that_was_killed_is_continued(void **state)
{
    (void)state;
    pack_result result;
    write_classes();
    pack_job job = job_to(&others, 1);
    assert_ok(image_folder_pack(&job, &result, NULL));
    job = job_to(&shards, 2);
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(result.kept_shards, 0);
    assert_int_equal(unlink(test_path(&shards, "train-00003.h5")), 0);
    assert_int_equal(unlink(test_path(&shards, "test-00001.h5")), 0);
    test_write(&shards, "train-00003.h5.partial-77", "half", 4);
    job = job_to(&shards, 3);
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(result.kept_shards, 5);
    assert_int_equal(result.splits[0].made.samples, 9);
    assert_int_equal(result.splits[0].made.files, 5);
    assert_same_files();
}

static void a_changed_source_is_noticed(void **state)
{
    (void)state;
    pack_result result;
    write_classes();
    pack_job job = job_to(&shards, 2);
    assert_ok(image_folder_pack(&job, &result, NULL));
    image_folder_pattern(&sources, "class1/0.jpg", 50, 60, 1); // another size
    assert_fails(image_folder_pack(&job, &result, NULL), ST_USAGE, "give --force");
    job.replace = true;
    assert_ok(image_folder_pack(&job, &result, NULL));
    job.replace = false;
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(result.kept_shards, 7);
    job.side = 8; // otherwise stored
    assert_fails(image_folder_pack(&job, &result, NULL), ST_USAGE, "give --force");
    job.side = 0;
    assert_int_equal(rename(test_path(&sources, "class2"), test_path(&sources, "klass2")), 0);
    assert_fails(image_folder_pack(&job, &result, NULL), ST_USAGE, "give --force");
}

static void shards_that_the_source_does_not_make_are_noticed(void **state)
{
    (void)state;
    pack_result result;
    write_classes();
    pack_job job = job_to(&shards, 2);
    assert_ok(image_folder_pack(&job, &result, NULL));
    test_write(&shards, "train-00005.h5", "old", 3);
    assert_fails(image_folder_pack(&job, &result, NULL), ST_USAGE, "train-00005.h5");
    job.replace = true;
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(test_count(&shards), 7);
}

// Of the same size and name: the shard no longer holds what its source does.
static void a_replaced_image_of_the_same_size_is_noticed(void **state)
{
    (void)state;
    pack_result result;
    for (int side = 0; side <= 8; side += 8) {
        if (side == 0) write_classes();
        pack_job job = job_to(&shards, 2);
        job.side = side;
        job.replace = true;
        assert_ok(image_folder_pack(&job, &result, NULL));
        job.replace = false;
        size_t size;
        char *bytes = test_read(test_path(&sources, "class1/0.jpg"), &size);
        bytes[size - 3] ^= 1; // in the picture's data
        test_write(&sources, "class1/0.jpg", bytes, size);
        assert_fails(image_folder_pack(&job, &result, NULL), ST_USAGE, "of the same size");
        bytes[size - 3] ^= 1;
        test_write(&sources, "class1/0.jpg", bytes, size);
        assert_ok(image_folder_pack(&job, &result, NULL));
        assert_int_equal(result.kept_shards, 7);
        free(bytes);
    }
}

// A bit of a sample, of a label or of a checksum: what is damaged is made again, the rest is kept.
static void a_damaged_shard_is_made_again(void **state)
{
    (void)state;
    pack_result result;
    write_classes();
    for (int side = 0; side <= 8; side += 8) {
        pack_job job = job_to(&others, 1);
        job.side = side;
        job.replace = true;
        assert_ok(image_folder_pack(&job, &result, NULL));
        job = job_to(&shards, 1);
        job.side = side;
        job.replace = true;
        assert_ok(image_folder_pack(&job, &result, NULL));
        job.replace = false;
        hid_t file = H5Fopen(test_path(&shards, "train-00001.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
        const char *sets[] = {side > 0 ? "/images" : "/jpeg_bytes", "/labels", "/sample_crc32c"};
        haddr_t places[3];
        for (int i = 0; i < 3; i++) {
            hid_t set = H5Dopen2(file, sets[i], H5P_DEFAULT);
            places[i] = H5Dget_offset(set);
            H5Dclose(set);
        }
        H5Fclose(file);
        for (int i = 0; i < 3; i++) {
            size_t size;
            char *bytes = test_read(test_path(&shards, "train-00001.h5"), &size);
            bytes[places[i]] ^= 1;
            test_write(&shards, "train-00001.h5", bytes, size);
            free(bytes);
            assert_ok(image_folder_pack(&job, &result, NULL));
            assert_int_equal(result.kept_shards, 6);
            assert_same_files();
        }
    }
}

// As earlier versions wrote them: without a hash of the contents.
static void a_shard_of_an_earlier_version_is_made_again(void **state)
{
    (void)state;
    pack_result result;
    write_classes();
    pack_job job = job_to(&others, 1);
    assert_ok(image_folder_pack(&job, &result, NULL));
    job = job_to(&shards, 1);
    assert_ok(image_folder_pack(&job, &result, NULL));
    hid_t file = H5Fopen(test_path(&shards, "train-00001.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(H5Adelete(file, "content_hash") >= 0);
    H5Fclose(file);
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(result.kept_shards, 6);
    assert_same_files();
}

static void a_truncated_shard_is_noticed(void **state)
{
    (void)state;
    pack_result result;
    write_classes();
    pack_job job = job_to(&shards, 1);
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(truncate(test_path(&shards, "train-00002.h5"), 900), 0);
    assert_fails(image_folder_pack(&job, &result, NULL), ST_BAD_DATA, "delete it, or give --force");
    assert_int_equal(unlink(test_path(&shards, "train-00002.h5")), 0);
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(result.kept_shards, 6);
}

static void broken_images_are_named_and_counted(void **state)
{
    (void)state;
    pack_result result;
    char *left_out;
    write_classes();
    image_folder_jpeg(&sources, "class1/1.jpg", 40, 40, 3, 60);
    test_write(&sources, "class2/0.jpg", "", 0);
    pack_job job = job_to(&shards, 2);
    assert_fails(image_folder_pack(&job, &result, NULL), ST_BAD_DATA, "class1/1.jpg: broken JPEG");
    job.skip_bad = true;
    assert_ok(image_folder_pack(&job, &result, &left_out));
    assert_non_null(strstr(left_out, "class1/1.jpg: broken JPEG"));
    assert_non_null(strstr(left_out, "class2/0.jpg: no JPEG, PNG or TIFF"));
    free(left_out);
    assert_int_equal(result.skipped, 2);
    assert_int_equal(result.splits[0].made.samples, 7);
    // Again: kept shards still say what they lack.
    assert_ok(image_folder_pack(&job, &result, NULL));
    assert_int_equal(result.skipped, 2);
    assert_int_equal(result.kept_shards, 7);
    assert_int_equal(result.splits[0].made.samples, 7);
    // Whoever wants no image left out is told again.
    job.skip_bad = false;
    assert_fails(image_folder_pack(&job, &result, NULL), ST_BAD_DATA, "class1/1.jpg: broken JPEG");
}

static void nothing_but_broken_images_is_an_error(void **state)
{
    (void)state;
    pack_result result;
    image_folder_class(&sources, "a");
    image_folder_jpeg(&sources, "a/a.jpg", 20, 20, 0, 60);
    pack_job job = job_to(&shards, 1);
    job.skip_bad = true;
    assert_fails(image_folder_pack(&job, &result, NULL), ST_BAD_DATA,
                 "all of its images are broken");
    assert_int_equal(test_count(&shards), 0);
}

#define test_in_folders(name) cmocka_unit_test_setup_teardown(name, make_folders, remove_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_folders(any_number_of_processes_writes_the_same_bytes),
        test_in_folders(a_pack_that_was_killed_is_continued),
        test_in_folders(a_changed_source_is_noticed),
        test_in_folders(shards_that_the_source_does_not_make_are_noticed),
        test_in_folders(a_replaced_image_of_the_same_size_is_noticed),
        test_in_folders(a_damaged_shard_is_made_again),
        test_in_folders(a_shard_of_an_earlier_version_is_made_again),
        test_in_folders(a_truncated_shard_is_noticed),
        test_in_folders(broken_images_are_named_and_counted),
        test_in_folders(nothing_but_broken_images_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
