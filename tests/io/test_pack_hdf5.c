// Somebody's HDF5 file becomes shards with the same samples, labels and names of classes; what
// chunks cost is told.
#include "tests/check.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include "io/packing/pack.h"

#include <stdlib.h>

// One a line.
static void name_classes(const char *path, const char *names)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(names) + 1);
    sample_file_describe(path, "class_names", type, 1, names);
    H5Tclose(type);
}

static dataset *open_set(const char *files, const char *axes)
{
    dataset *d;
    dataset_source source = {
        .files = files, .images = "/images", .labels = "/labels", .axes = axes};
    assert_ok(dataset_open(&d, &source));
    return d;
}

static status pack_to(const char *name, const char *const *files, int count, const char *axes)
{
    pack_result result;
    char destination[4096];
    snprintf(destination, sizeof destination, "%s", test_path(&folder, name));
    const pack_job job = {.sources = files,
                          .source_count = count,
                          .destination = destination,
                          .axes = axes,
                          .replace = true,
                          .shard_size = 5};
    return pack(&job, &result);
}

static void check_equal(dataset *a, dataset *b)
{
    const dataset_info *info = dataset_get_info(a);
    assert_int_equal(info->count, dataset_get_info(b)->count);
    void *one = malloc(info->sample_bytes), *other = malloc(info->sample_bytes);
    for (uint64_t i = 0; i < info->count; i++) {
        int64_t labels[2];
        assert_ok(dataset_read(a, i, one));
        assert_ok(dataset_read(b, i, other));
        assert_memory_equal(one, other, info->sample_bytes);
        assert_ok(dataset_read_labels(a, i, 1, &labels[0]));
        assert_ok(dataset_read_labels(b, i, 1, &labels[1]));
        assert_int_equal(labels[0], labels[1]);
    }
    free(one);
    free(other);
}

static void samples_labels_and_names_are_kept(void **state)
{
    (void)state;
    static const char *const axes[] = {"NHWC", "NCHW", "HWCN"};
    const hid_t types[] = {H5T_STD_U8LE, H5T_STD_U16BE, H5T_STD_I16LE, H5T_IEEE_F64LE};
    for (int a = 0; a < 3; a++)
        for (int t = 0; t < 4; t++) {
            sample_file f = sample_file_initial(test_path(&folder, "own.h5"), 12);
            f.axes = axes[a];
            f.type = types[t];
            f.labels = 3;
            f.shuffle = f.gzip = 1;
            const uint64_t sizes[4] = {7, f.height, f.width, f.channels};
            for (int i = 0; i < 4; i++)
                f.chunk[i] = sizes[strchr("NHWC", f.axes[i]) - "NHWC"];
            sample_file_write(&f);
            name_classes(f.path, "cat\ndog\nowl");
            assert_ok(pack_to("packed", &f.path, 1, axes[a]));
            dataset *own = open_set(f.path, axes[a]);
            dataset *packed = open_set(test_path(&folder, "packed-*.h5"), "auto");
            assert_int_equal(dataset_file_count(packed), 3);
            assert_int_equal(dataset_get_info(packed)->chunk_samples, 0);
            assert_string_equal(dataset_class_name(packed, 2), "owl");
            check_equal(own, packed);
            dataset_close(own);
            dataset_close(packed);
        }
}

static void files_that_name_other_classes_are_packed_apart(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "one.h5"), 4);
    f.labels = 2;
    sample_file_write(&f);
    name_classes(f.path, "cat\ndog");
    const char *files[2] = {strdup(f.path), NULL};
    f.path = files[1] = test_path(&folder, "two.h5");
    sample_file_write(&f);
    assert_fails(pack_to("both", files, 2, "NHWC"), ST_BAD_DATA, "names its classes otherwise");
    name_classes(f.path, "dog\ncat");
    assert_fails(pack_to("both", files, 2, "NHWC"), ST_BAD_DATA, "two.h5\" names its classes");
    free((char *)files[0]);
}

// 100 images of 1 MiB that nobody wrote, ten a chunk; the reader keeps 64.
static void what_chunks_cost_is_known(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "large.h5");
    const hsize_t dims[3] = {100, 1024, 1024}, chunk[3] = {10, 1024, 1024};
    const float mean = 0, deviation = 1;
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t settings = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(3, dims, NULL);
    H5Pset_chunk(settings, 3, chunk);
    H5Pset_shuffle(settings);
    H5Pset_deflate(settings, 1);
    H5Dclose(H5Dcreate2(file, "images", H5T_STD_U8LE, space, H5P_DEFAULT, settings, H5P_DEFAULT));
    H5Sclose(space);
    H5Pclose(settings);
    H5Fclose(file);
    sample_file_describe(path, "mean", H5T_NATIVE_FLOAT, 1, &mean);
    sample_file_describe(path, "std", H5T_NATIVE_FLOAT, 1, &deviation);
    dataset *d = open_set(path, "NHW");
    const dataset_info *info = dataset_get_info(d);
    assert_int_equal(info->chunk_samples, 10);
    assert_string_equal(info->chunk_filters, "shuffle, gzip");
    assert_true(info->unpacked > 3.59 && info->unpacked < 3.61);
    dataset_close(d);
}

static void what_does_not_tell_of_hdf5_is_refused(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "numbers.bin");
    FILE *file = fopen(path, "wb");
    assert_int_equal(fwrite("\0\0\10\3\0\0\0\1\0\0\0\1\0\0\0\1a", 1, 17, file), 17);
    (void)fclose(file);
    assert_fails(pack_to("idx", &path, 1, "NCHW"), ST_USAGE, "tell of HDF5 files");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_labels_and_names_are_kept),
        cmocka_unit_test(files_that_name_other_classes_are_packed_apart),
        cmocka_unit_test(what_chunks_cost_is_known),
        cmocka_unit_test(what_does_not_tell_of_hdf5_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
