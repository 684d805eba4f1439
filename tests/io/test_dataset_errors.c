// Whatever is wrong with a data set is told in words that name the file.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "io/shards/shard.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

static dataset_source source_of(const char *files)
{
    return (dataset_source){
        .files = files, .images = "/images", .labels = "/labels", .axes = "NHWC"};
}

static status open_and_close(const dataset_source *source)
{
    dataset *d;
    TRY(dataset_open(&d, source));
    dataset_close(d);
    return ST_OK;
}

static void no_match_and_no_hdf5_are_told(void **state)
{
    (void)state;
    dataset_source source = source_of(test_path(&folder, "nothing-*.h5"));
    assert_fails(open_and_close(&source), ST_NO_INPUT, "nothing-*.h5");
    test_write(&folder, "text.h5", "no images here", 14);
    source = source_of(test_path(&folder, "text.h5"));
    assert_fails(open_and_close(&source), ST_BAD_DATA, "text.h5: not an HDF5 file");
}

static void truncated_files_are_refused(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "short.h5"), 100);
    sample_file_write(&f);
    struct stat info;
    assert_int_equal(stat(f.path, &info), 0);
    dataset_source source = source_of(f.path);
    for (off_t size = info.st_size - 1; size > 100; size = size * 3 / 4) {
        assert_int_equal(truncate(f.path, size), 0);
        assert_fails(open_and_close(&source), ST_BAD_DATA, "short.h5");
    }
}

// Cut while it is in use: the sample that is gone fails, and says so.
static void a_file_cut_in_use_is_told(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "cut.h5"), 100);
    sample_file_write(&f);
    dataset_source source = source_of(f.path);
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    assert_int_equal(truncate(f.path, 3000), 0);
    uint8_t pixels[60];
    assert_fails(dataset_read(d, 99, pixels), ST_BAD_DATA, "cut.h5");
    dataset_close(d);
}

static void a_wrong_path_lists_the_data_sets(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "paths.h5"), 3);
    f.images = "/scan/frames";
    f.labels = 2;
    sample_file_write(&f);
    dataset_source source = source_of(f.path);
    assert_fails(open_and_close(&source), ST_BAD_DATA,
                 "no data set \"/images\" for the images; the file holds /labels (3 int64) "
                 "/scan/frames (3 x 5 x 4 x 3 uint8)");
    source.images = "scan/frames";
    assert_ok(open_and_close(&source));
    source.labels = "/scan/classes";
    assert_fails(open_and_close(&source), ST_BAD_DATA, "\"/scan/classes\" for the labels");
}

static void wrong_axes_type_and_rank_are_told(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "wrong.h5"), 3);
    f.width = 100;
    sample_file_write(&f);
    dataset_source source = source_of(f.path);
    source.axes = "NHCW";
    assert_fails(open_and_close(&source), ST_BAD_DATA, "with 100 channels");
    source.axes = "NHW";
    assert_fails(open_and_close(&source), ST_BAD_DATA, "3 x 5 x 100 x 3");
    const char *bad[] = {"NWC", "NHHC", "NHWX", "NHWCC", "NCH"};
    for (int i = 0; i < 5; i++) {
        source.axes = bad[i];
        assert_fails(open_and_close(&source), ST_CONFIG, bad[i]);
    }
    source.axes = "NHWC";
    f.type = H5T_NATIVE_LDOUBLE;
    sample_file_write(&f);
    assert_fails(open_and_close(&source), ST_BAD_DATA, "are float128; integers of 8 to 64 bits");
    f.type = H5Tcopy(H5T_STD_I16BE);
    H5Tset_precision(f.type, 12);
    sample_file_write(&f);
    assert_fails(open_and_close(&source), ST_BAD_DATA, "are int16 big-endian");
    H5Tclose(f.type);
}

static void shards_that_disagree_are_both_named(void **state)
{
    (void)state;
    sample_file a = sample_file_shard(test_path(&folder, "shard-000.h5"), 0, 3);
    sample_file b = sample_file_shard(test_path(&folder, "shard-001.h5"), 0, 3);
    dataset_source source = source_of(test_path(&folder, "shard-00[01].h5"));
    sample_file_write(&a);
    b.crc = false;
    b.type = H5T_STD_U16LE;
    sample_file_write(&b);
    assert_fails(open_and_close(&source), ST_BAD_DATA, "shard-000.h5 holds uint8 images of 5 x 4");
    assert_fails(open_and_close(&source), ST_BAD_DATA, "shard-001.h5 holds uint16 images");
    b.type = H5T_STD_U8LE;
    b.labels = 0;
    sample_file_write(&b);
    assert_fails(open_and_close(&source), ST_BAD_DATA, "3 channels, without labels");
}

static void not_finite_pixels_are_named(void **state)
{
    (void)state;
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        sample_file f = sample_file_initial(test_path(&folder, "nan.h5"), 5);
        f.type = H5T_IEEE_F32LE;
        sample_file_write(&f);
        hid_t file = H5Fopen(f.path, H5F_ACC_RDWR, H5P_DEFAULT);
        hid_t images = H5Dopen2(file, "images", H5P_DEFAULT);
        haddr_t offset = H5Dget_offset(images);
        H5Dclose(images);
        H5Fclose(file);
        int descriptor = open(f.path, O_RDWR);
        assert_int_equal(pwrite(descriptor, &bad[i], 4, (off_t)(offset + 956)), 4);
        close(descriptor);
        dataset_source source = source_of(f.path);
        assert_fails(open_and_close(&source), ST_BAD_DATA,
                     i == 0 ? "nan.h5: sample 3 holds NaN" : "nan.h5: sample 3 holds infinite");
    }
}

static void a_damaged_sample_is_named(void **state)
{
    (void)state;
    sample_file f = sample_file_shard(test_path(&folder, "shard-007.h5"), 0, 5);
    const float mean[3] = {0}, deviation[3] = {0.5f, 0.5f, 0.5f};
    sample_file_write(&f);
    sample_file_describe(f.path, "mean", H5T_NATIVE_FLOAT, 3, mean);
    sample_file_describe(f.path, "std", H5T_NATIVE_FLOAT, 3, deviation);
    hid_t file = H5Fopen(f.path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t images = H5Dopen2(file, "images", H5P_DEFAULT);
    haddr_t offset = H5Dget_offset(images);
    H5Dclose(images);
    H5Fclose(file);
    uint8_t byte = (uint8_t)sample_value(2, 4, 3, 2) ^ 16;
    int descriptor = open(f.path, O_RDWR);
    assert_int_equal(pwrite(descriptor, &byte, 1, (off_t)(offset + 179)), 1);
    close(descriptor);
    dataset_source source = source_of(f.path);
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    uint8_t pixels[60];
    assert_ok(dataset_read(d, 1, pixels));
    assert_fails(dataset_read(d, 2, pixels), ST_BAD_DATA, "shard-007.h5: sample 2 is damaged");
    assert_ok(dataset_read(d, 3, pixels));
    dataset_close(d);
}

// A flipped bit in a compressed chunk: zlib's own checksum tells, and the good samples stay good.
static void a_damaged_chunk_is_named(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "zip.h5"), 6);
    f.gzip = 9;
    memcpy(f.chunk, (uint64_t[]){2, 5, 4, 3}, sizeof f.chunk);
    sample_file_write(&f);
    hid_t file = H5Fopen(f.path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t images = H5Dopen2(file, "images", H5P_DEFAULT);
    hsize_t start[4] = {4, 0, 0, 0}, bytes;
    haddr_t offset;
    unsigned mask;
    assert_true(H5Dget_chunk_info_by_coord(images, start, &mask, &offset, &bytes) >= 0);
    H5Dclose(images);
    H5Fclose(file);
    dataset_source source = source_of(f.path);
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    dataset_close(d);
    int descriptor = open(f.path, O_RDWR);
    const uint8_t wrong[2] = {0xff, 0xff};
    assert_int_equal(pwrite(descriptor, wrong, 2, (off_t)(offset + bytes / 2)), 2);
    close(descriptor);
    assert_fails(open_and_close(&source), ST_BAD_DATA, "compressed samples from 4 on are damaged");
}

// The header of a data set becomes unreadable.
static void spoil(const char *path, const char *name)
{
    H5O_info_t info = {0};
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0 && H5Oget_info_by_name(file, name, &info, H5P_DEFAULT) >= 0);
    H5Fclose(file);
    int raw = open(path, O_WRONLY);
    assert_int_equal(pwrite(raw, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, (off_t)info.addr), 8);
    assert_int_equal(close(raw), 0);
}

// Else training would go on without what checks its samples, or evaluate nothing.
static void what_is_there_but_unreadable_is_not_taken_for_absent(void **state)
{
    (void)state;
    const char *names[] = {"/labels", "/sample_crc32c"};
    for (int i = 0; i < 2; i++) {
        sample_file f = sample_file_shard(test_path(&folder, "spoilt.h5"), 0, 20);
        sample_file_write(&f);
        dataset_source source = source_of(f.path);
        assert_ok(open_and_close(&source));
        spoil(f.path, names[i]);
        char text[64];
        snprintf(text, sizeof text, "spoilt.h5: \"%s\" cannot be read", names[i]);
        assert_fails(open_and_close(&source), ST_BAD_DATA, text);
    }
}

// The type of an attribute of the file becomes unreadable: it follows the name, which is filled up
// to 8 bytes.
static void spoil_attribute(const char *path, const char name[8])
{
    char text[1 << 14], *at = NULL;
    int raw = open(path, O_RDWR);
    ssize_t size = pread(raw, text, sizeof text, 0);
    for (ssize_t i = 0; i + 8 < size && at == NULL; i++)
        if (memcmp(text + i, name, 8) == 0) at = text + i + 8;
    assert_non_null(at);
    assert_int_equal(pwrite(raw, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, at - text), 8);
    assert_int_equal(close(raw), 0);
}

// Else the colours would be scaled by moments that are found anew, which no one has compared.
static void unreadable_moments_are_not_taken_for_absent(void **state)
{
    (void)state;
    const char names[][8] = {SHARD_ATTRIBUTE_MEAN, SHARD_ATTRIBUTE_STD};
    for (int i = 0; i < 2; i++) {
        sample_file f = sample_file_shard(test_path(&folder, "moments.h5"), 0, 20);
        sample_file_write(&f);
        const float moments[DATASET_MAX_CHANNELS] = {0.5f, 0.5f, 0.5f, 0.5f};
        sample_file_describe(f.path, SHARD_ATTRIBUTE_MEAN, H5T_NATIVE_FLOAT, f.channels, moments);
        sample_file_describe(f.path, SHARD_ATTRIBUTE_STD, H5T_NATIVE_FLOAT, f.channels, moments);
        dataset_source source = source_of(f.path);
        assert_ok(open_and_close(&source));
        spoil_attribute(f.path, names[i]);
        // HDF5 reads all attributes to find one, so it may be another that is named.
        assert_fails(open_and_close(&source), ST_BAD_DATA, "cannot be read (bad version number");
    }
}

static void labels_out_of_range_are_named(void **state)
{
    (void)state;
    const int64_t bad[] = {-2, (1 << 20) + 1, INT64_MAX};
    for (int i = 0; i < 3; i++) {
        int64_t labels[4] = {0, -1, bad[i], 1 << 20};
        sample_file f = sample_file_initial(test_path(&folder, "range.h5"), 4);
        sample_file_write(&f);
        sample_file_add(f.path, "labels", H5T_STD_I64LE, H5T_NATIVE_INT64, 4, labels);
        dataset_source source = source_of(f.path);
        assert_fails(open_and_close(&source), ST_BAD_DATA, "range.h5: sample 2 has label");
    }
}

static void labels_of_wrong_type_or_number_are_told(void **state)
{
    (void)state;
    const int64_t labels[5] = {0};
    sample_file f = sample_file_initial(test_path(&folder, "kinds.h5"), 4);
    sample_file_write(&f);
    sample_file_add(f.path, "few", H5T_STD_I64LE, H5T_NATIVE_INT64, 3, labels);
    sample_file_add(f.path, "bits", H5T_STD_B8LE, H5T_NATIVE_B8, 4, labels);
    dataset_source source = source_of(f.path);
    source.labels = "few";
    assert_fails(open_and_close(&source), ST_BAD_DATA, "are 3, but there are 4 images");
    source.labels = "bits";
    assert_fails(open_and_close(&source), ST_BAD_DATA,
                 "integers, whole numbers or texts are expected");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_match_and_no_hdf5_are_told),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(a_file_cut_in_use_is_told),
        cmocka_unit_test(a_wrong_path_lists_the_data_sets),
        cmocka_unit_test(wrong_axes_type_and_rank_are_told),
        cmocka_unit_test(shards_that_disagree_are_both_named),
        cmocka_unit_test(not_finite_pixels_are_named),
        cmocka_unit_test(a_damaged_sample_is_named),
        cmocka_unit_test(a_damaged_chunk_is_named),
        cmocka_unit_test(what_is_there_but_unreadable_is_not_taken_for_absent),
        cmocka_unit_test(unreadable_moments_are_not_taken_for_absent),
        cmocka_unit_test(labels_out_of_range_are_named),
        cmocka_unit_test(labels_of_wrong_type_or_number_are_told),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
