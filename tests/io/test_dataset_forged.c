// Files whose numbers cannot be: sizes that are no count of images are refused in a sentence and in
// little time, a mean and deviation that are none are measured.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "io/shards/shard.h"
#include "tests/io/forged_file.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include <math.h>

#define SIDE 8 // pixels
#define ROOM 4096

static const unsigned char zeros[ROOM];

// Nobody wrote its values, but for those that fill ROOM bytes if it is in chunks.
static forged_column column(const char *name, hid_t type, int rank, const hsize_t *dims,
                            forged_storage storage)
{
    forged_column c = {
        .type = type, .rank = rank, .storage = storage, .contents = zeros, .bytes = ROOM};
    snprintf(c.name, sizeof c.name, "%s", name);
    for (int i = 0; i < FORGED_RANK; i++) {
        c.dims[i] = i < rank ? dims[i] : 1;
        c.chunk[i] = i == 0 && dims[0] > 2 ? 2 : c.dims[i];
    }
    return c;
}

static bool forge(const forged_column *columns, size_t count)
{
    return forge_file(test_path(&folder, "forged.h5"),
                      &(forged_file){.columns = columns, .column_count = count});
}

static status open_forged(const dataset_source *given)
{
    dataset *d;
    dataset_source source = *given;
    source.files = test_path(&folder, "forged.h5");
    TRY(dataset_open(&d, &source));
    dataset_close(d);
    return ST_OK;
}

static status open_file(const forged_column *columns, size_t count, const dataset_source *given)
{
    assert_true(forge(columns, count));
    return open_forged(given);
}

static const dataset_source unlabelled = {.images = SHARD_IMAGES, .labels = "", .axes = "NHWC"};
static const dataset_source labelled = {
    .images = SHARD_IMAGES, .labels = SHARD_LABELS, .axes = "NHWC"};

// HDF5 counts modulo 2^64: 2^60 + 1 times 192 is 192.
static void sizes_beyond_all_counts_are_refused(void **state)
{
    (void)state;
    const hsize_t sizes[][4] = {{((hsize_t)1 << 60) + 1, SIDE, SIDE, 3},
                                {(hsize_t)1 << 60, SIDE, SIDE, 4},
                                {(hsize_t)1 << 61, SIDE, SIDE, 1},
                                {((hsize_t)1 << 58) + 1, SIDE, SIDE, 1},
                                {(hsize_t)1 << 63, 2, 1, 1}};
    int tried = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (int storage = STORAGE_CONTIGUOUS; storage <= STORAGE_CHUNKED; storage += 2) {
            forged_column images =
                column(SHARD_IMAGES, H5T_STD_U8LE, 4, sizes[i], (forged_storage)storage);
            if (!forge(&images, 1)) continue; // HDF5 itself notices some
            assert_fails(open_forged(&unlabelled), ST_BAD_DATA, "more than 2^63 values");
            tried++;
        }
    assert_true(tried >= 5);
}

// Images that take no room in the file, for nobody wrote them.
static void more_images_than_can_be_told_apart_are_refused(void **state)
{
    (void)state;
    const hsize_t counts[] = {((hsize_t)1 << 48) + 1, (hsize_t)1 << 50, (hsize_t)1 << 56};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        forged_column images = column(SHARD_IMAGES, H5T_STD_U8LE, 4,
                                      (hsize_t[]){counts[i], SIDE, SIDE, 1}, STORAGE_CHUNKED);
        assert_fails(open_file(&images, 1, &unlabelled), ST_BAD_DATA, "more than the 2^48");
    }
    forged_column images = column(SHARD_IMAGES, H5T_STD_U8LE, 4,
                                  (hsize_t[]){(hsize_t)1 << 40, SIDE, SIDE, 1}, STORAGE_CHUNKED);
    dataset_source patches = unlabelled;
    assert_ok(open_file(&images, 1, &patches));
    patches.each = 256;
    assert_ok(open_file(&images, 1, &patches));
    patches.each = 257;
    assert_fails(open_file(&images, 1, &patches), ST_CONFIG, "data.patches: 257 samples");
    patches.each = UINT64_MAX;
    assert_fails(open_file(&images, 1, &patches), ST_CONFIG, "more than the 2^48");
}

static void labels_that_nobody_wrote_keep_nobody_waiting(void **state)
{
    (void)state;
    hid_t names = H5Tenum_create(H5T_STD_I8LE), text = H5Tcopy(H5T_C_S1);
    H5Tenum_insert(names, "a", &(int8_t){0});
    H5Tset_size(text, 5);
    const hid_t types[] = {H5T_STD_I64LE, H5T_IEEE_F32LE, names, text};
    const hsize_t count = (hsize_t)1 << 40;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        for (int written = 0; written < 2; written++) {
            forged_column columns[] = {column(SHARD_IMAGES, H5T_STD_U8LE, 4,
                                              (hsize_t[]){count, SIDE, SIDE, 1}, STORAGE_CHUNKED),
                                       column(SHARD_LABELS, types[i], 1, &count, STORAGE_CHUNKED)};
            if (written == 0) columns[1].bytes = 0;
            status s = open_file(columns, 2, &labelled);
            if (written == 0) assert_ok(s);
            if (written == 1) assert_fails(s, ST_BAD_DATA, "were never written");
        }
    H5Tclose(text);
    H5Tclose(names);
}

// A user's file may say 0..255, or nothing that makes sense; then the pixels tell.
static void moments_that_cannot_be_are_measured(void **state)
{
    (void)state;
    static const struct {
        float mean, deviation;
        bool of_bytes, of_floats; // are they taken?
    } cases[] = {
        {0.5f, 0.25f, true, true},     {0, 0.5f, true, true},      {1, 0.01f, true, true},
        {120, 60, false, true},        {-0.5f, 0.2f, false, true}, {0.5f, 0.6f, false, true},
        {1.5f, 0.2f, false, true},     {0.5f, 0, false, false},    {0.5f, -1, false, false},
        {NAN, 0.2f, false, false},     {0.5f, NAN, false, false},  {INFINITY, 1, false, false},
        {0.5f, INFINITY, false, false}};
    for (int floats = 0; floats < 2; floats++)
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            sample_file f = sample_file_initial(test_path(&folder, "own.h5"), 6);
            f.type = floats ? H5T_IEEE_F32LE : H5T_STD_U8LE;
            const float mean[3] = {0.25f, cases[i].mean, 0.25f};
            const float deviation[3] = {0.25f, 0.25f, cases[i].deviation};
            sample_file_write(&f);
            sample_file_describe(f.path, "mean", H5T_NATIVE_FLOAT, 3, mean);
            sample_file_describe(f.path, "std", H5T_NATIVE_FLOAT, 3, deviation);
            dataset_source source = unlabelled;
            dataset *d;
            source.files = f.path;
            assert_ok(dataset_open(&d, &source));
            const dataset_info *info = dataset_get_info(d);
            bool taken = floats ? cases[i].of_floats : cases[i].of_bytes;
            assert_int_equal(info->given_moments != NULL, taken);
            assert_int_equal(info->odd_moments != NULL, !taken);
            assert_int_equal(info->deviation[0] == 0.25f, taken);
            dataset_close(d);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_beyond_all_counts_are_refused),
        cmocka_unit_test(more_images_than_can_be_told_apart_are_refused),
        cmocka_unit_test(moments_that_cannot_be_are_measured),
        cmocka_unit_test(labels_that_nobody_wrote_keep_nobody_waiting),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
