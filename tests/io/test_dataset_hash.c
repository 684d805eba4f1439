// tests/io/test_dataset_hash.c -- the hash of a data set sees other samples in files of the same
// size, mean and deviation, with and without checksums; it does not see where the files are.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include <stdlib.h>
#include <sys/stat.h>

enum { SAMPLES = 6, SAMPLE = 5 * 4 * 3 };

static uint64_t hash_of(const char *files)
{
    dataset *d;
    uint64_t hash = 0;
    assert_ok(dataset_open(
        &d, &(dataset_source){.files = files, .images = "/images", .labels = "", .axes = "NHWC"}));
    assert_ok(dataset_hash(d, &hash));
    dataset_close(d);
    return hash;
}

// Reverses the rows of one column, in place.
static void reverse(const char *path, const char *name, size_t row)
{
    unsigned char rows[SAMPLES * SAMPLE], back[SAMPLES * SAMPLE];
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT),
          column = H5Dopen2(file, name, H5P_DEFAULT);
    hid_t type = H5Dget_type(column);
    assert_true(H5Dread(column, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) >= 0);
    for (size_t i = 0; i < SAMPLES; i++)
        memcpy(back + i * row, rows + (SAMPLES - 1 - i) * row, row);
    assert_true(H5Dwrite(column, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, back) >= 0);
    H5Tclose(type);
    H5Dclose(column);
    H5Fclose(file);
}

static long size_of(const char *path)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return (long)info.st_size;
}

static void other_samples_of_the_same_size_are_seen(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        bool crc = kind % 2 == 1, chunked = kind >= 2;
        sample_file f = sample_file_initial(test_path(&folder, "one.h5"), SAMPLES);
        f.crc = crc;
        if (chunked) f.chunk[0] = 2, f.chunk[1] = 5, f.chunk[2] = 4, f.chunk[3] = 3;
        sample_file_write(&f);
        uint64_t before = hash_of(f.path);
        long size = size_of(f.path);
        assert_true(hash_of(f.path) == before);
        char moved[512];
        snprintf(moved, sizeof moved, "%s", test_path(&folder, "moved.h5"));
        assert_int_equal(rename(f.path, moved), 0);
        assert_true(hash_of(moved) == before);
        reverse(moved, "images", SAMPLE);
        if (crc) reverse(moved, "sample_crc32c", 4);
        assert_int_equal(size_of(moved), size);
        assert_true(hash_of(moved) != before);
    }
}

static void the_order_of_files_is_seen(void **state)
{
    (void)state;
    const char *names[2][2] = {{"a-0.h5", "a-1.h5"}, {"b-1.h5", "b-0.h5"}};
    for (int order = 0; order < 2; order++)
        for (uint64_t i = 0; i < 2; i++) {
            sample_file f =
                sample_file_shard(test_path(&folder, names[order][i]), i * SAMPLES, SAMPLES);
            sample_file_write(&f);
        }
    assert_true(hash_of(test_path(&folder, "a-*.h5")) != hash_of(test_path(&folder, "b-*.h5")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(other_samples_of_the_same_size_are_seen),
        cmocka_unit_test(the_order_of_files_is_seen),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
