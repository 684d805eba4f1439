// Any layout of a file gives the same samples.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

// HDF5's native and standard types are variables, so tables of them are made at run time.
enum { U8, U8_BIG, U16, U16_BIG, F32, F32_BIG, TYPE_COUNT };

static hid_t stored_type(int t)
{
    const hid_t types[] = {H5T_STD_U8LE,  H5T_STD_U8BE,   H5T_STD_U16LE,
                           H5T_STD_U16BE, H5T_IEEE_F32LE, H5T_IEEE_F32BE};
    return types[t];
}

static dataset_source source_of(const char *files)
{
    return (dataset_source){
        .files = files, .images = "/images", .labels = "/labels", .axes = "NHWC"};
}

static double value_at(const void *pixels, pixel_type type, size_t i)
{
    return type == PIXEL_U8    ? (double)((const uint8_t *)pixels)[i]
           : type == PIXEL_U16 ? (double)((const uint16_t *)pixels)[i]
                               : (double)((const float *)pixels)[i];
}

// Every sample, in an order that jumps, is what the formula says.
static void check_samples(dataset *d, uint64_t step)
{
    const dataset_info *info = dataset_get_info(d);
    void *pixels = malloc(info->sample_bytes);
    for (uint64_t i = 0; i < info->count; i++) {
        uint64_t sample = i * step % info->count;
        assert_ok(dataset_read(d, sample, pixels));
        size_t at = 0;
        for (uint64_t h = 0; h < (uint64_t)info->height; h++)
            for (uint64_t w = 0; w < (uint64_t)info->width; w++)
                for (uint64_t c = 0; c < (uint64_t)info->channels; c++)
                    if (value_at(pixels, info->type, at++) != sample_value(sample, h, w, c))
                        fail_msg("sample %d differs at %d, %d, %d", (int)sample, (int)h, (int)w,
                                 (int)c);
    }
    free(pixels);
}

static void check_file(const sample_file *f)
{
    sample_file_write(f);
    dataset_source source = source_of(f->path);
    source.axes = f->axes;
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    const dataset_info *info = dataset_get_info(d);
    assert_int_equal(info->count, f->count);
    assert_int_equal(info->height, f->height);
    assert_int_equal(info->width, f->width);
    assert_int_equal(info->channels, f->channels);
    check_samples(d, 11);
    dataset_close(d);
}

static void every_type_byte_order_and_axes_read_alike(void **state)
{
    (void)state;
    const char *axes[] = {"NHWC", "NCHW", "NCWH", "HWCN", "CNHW", "HNWC"};
    for (int t = 0; t < TYPE_COUNT; t++)
        for (int a = 0; a < 6; a++) {
            sample_file f = sample_file_initial(test_path(&folder, "axes.h5"), 7);
            f.type = stored_type(t);
            f.axes = axes[a];
            check_file(&f);
        }
}

static void one_channel_needs_no_axis(void **state)
{
    (void)state;
    const char *axes[] = {"NHW", "NWH", "HWN"};
    for (int a = 0; a < 3; a++) {
        sample_file f = sample_file_initial(test_path(&folder, "grey.h5"), 6);
        f.axes = axes[a];
        f.channels = 1;
        check_file(&f);
    }
}

static void sixty_four_channels_are_read(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "channels.h5"), 4);
    f.channels = 64;
    f.type = H5T_STD_U16BE;
    f.axes = "NCHW";
    check_file(&f);
}

// Whole samples (decoded by basin), parts of samples (by HDF5), and a last chunk that is not full.
static void chunks_and_filters_read_alike(void **state)
{
    (void)state;
    const uint64_t chunks[][4] = {{1, 5, 4, 3}, {4, 5, 4, 3}, {3, 2, 3, 1}, {13, 5, 4, 3}};
    for (int t = 0; t < TYPE_COUNT; t++)
        for (int c = 0; c < 4; c++)
            for (int filters = 0; filters < 4; filters++) {
                sample_file f = sample_file_initial(test_path(&folder, "chunks.h5"), 13);
                f.type = stored_type(t);
                memcpy(f.chunk, chunks[c], sizeof f.chunk);
                f.shuffle = filters & 1;
                f.gzip = filters & 2 ? 6 : 0;
                check_file(&f);
            }
}

static void chunks_of_whole_samples_may_have_any_axes(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "chunks.h5"), 13);
    f.axes = "CHNW";
    f.gzip = 1;
    memcpy(f.chunk, (uint64_t[]){3, 5, 4, 4}, sizeof f.chunk);
    check_file(&f);
}

static void compact_files_and_user_blocks_are_read(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "compact.h5"), 5);
    f.compact = true;
    check_file(&f);
    f.compact = false;
    f.userblock = 512; // MATLAB writes one
    check_file(&f);
    f.axes = "NCWH"; // and its H, W, C, N is this in HDF5
    f.crc = false;
    check_file(&f);
}

// A filter may be left out of single chunks: here the first is stored as it is, the second only
// deflated.
static void chunks_that_skip_filters_are_read(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "skip.h5"), 6);
    f.shuffle = f.gzip = 1;
    memcpy(f.chunk, (uint64_t[]){2, 5, 4, 3}, sizeof f.chunk);
    f.type = H5T_STD_U16LE;
    sample_file_write(&f);
    hid_t file = H5Fopen(f.path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t images = H5Dopen2(file, "images", H5P_DEFAULT);
    for (uint64_t chunk = 0; chunk < 2; chunk++) {
        uint8_t plain[240], packed[300];
        for (uint64_t i = 0; i < 120; i++) {
            plain[2 * i] = (uint8_t)sample_value(2 * chunk + i / 60, i / 12 % 5, i / 3 % 4, i % 3);
            plain[2 * i + 1] = 0;
        }
        uLongf size = sizeof packed;
        assert_int_equal(compress(packed, &size, plain, sizeof plain), Z_OK);
        const hsize_t start[4] = {2 * chunk, 0, 0, 0};
        uint32_t skipped = chunk == 0 ? 3 : 1; // bit 0 shuffle, bit 1 deflate
        assert_true(H5Dwrite_chunk(images, H5P_DEFAULT, skipped, start,
                                   chunk == 0 ? sizeof plain : size,
                                   chunk == 0 ? plain : packed) >= 0);
    }
    H5Dclose(images);
    H5Fclose(file);
    dataset_source source = source_of(f.path);
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    check_samples(d, 1);
    dataset_close(d);
}

// Chunks that nobody wrote hold the fill value.
static void chunks_never_written_are_zero(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "holes.h5");
    const hsize_t dims[4] = {6, 5, 4, 3}, chunk[4] = {2, 5, 4, 3};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t settings = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(4, dims, NULL);
    H5Pset_chunk(settings, 4, chunk);
    H5Pset_deflate(settings, 1);
    hid_t images =
        H5Dcreate2(file, "images", H5T_STD_U8LE, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    H5Dclose(images);
    H5Sclose(space);
    H5Pclose(settings);
    H5Fclose(file);
    dataset *d;
    dataset_source source = source_of(path);
    assert_ok(dataset_open(&d, &source));
    uint8_t pixels[60], zeros[60] = {0};
    memset(pixels, 1, sizeof pixels);
    assert_ok(dataset_read(d, 3, pixels));
    assert_memory_equal(pixels, zeros, sizeof pixels);
    assert_true(dataset_get_info(d)->deviation[0] == 1.0f); // constant
    dataset_close(d);
}

static sample_file shard_file(int number, uint64_t first, uint64_t count)
{
    char name[64];
    snprintf(name, sizeof name, "shard-%03d.h5", number);
    return sample_file_shard(test_path(&folder, name), first, count);
}

static void shards_are_one_list_in_order_of_names(void **state)
{
    (void)state;
    const uint64_t counts[] = {3, 1, 5};
    uint64_t first = 0;
    for (int i = 0; i < 3; i++) {
        sample_file f = shard_file(i, first, counts[i]);
        if (i == 2) memcpy(f.chunk, (uint64_t[]){2, 5, 4, 3}, sizeof f.chunk); // layouts may differ
        sample_file_write(&f);
        first += counts[i];
    }
    dataset_source source = source_of(test_path(&folder, "shard-*.h5"));
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    assert_int_equal(dataset_get_info(d)->count, 9);
    check_samples(d, 4);
    assert_true(dataset_get_info(d)->labelled);
    assert_int_equal(dataset_get_info(d)->classes, 4);
    int64_t labels[7];
    assert_ok(dataset_read_labels(d, 2, 7, labels));
    for (int i = 0; i < 7; i++)
        assert_int_equal(labels[i], (i + 2) % 4);
    dataset_close(d);
    source.labels = "";
    assert_ok(dataset_open(&d, &source));
    assert_false(dataset_get_info(d)->labelled);
    assert_int_equal(dataset_get_info(d)->classes, 0);
    assert_ok(dataset_read_labels(d, 0, 7, labels));
    assert_int_equal(labels[6], -1);
    dataset_close(d);
}

static int open_files(void)
{
    int count = 0;
    for (int i = 0; i < 1024; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static void few_of_many_files_are_open_at_a_time(void **state)
{
    (void)state;
    for (int i = 0; i < 270; i++) {
        sample_file f = shard_file(i, (uint64_t)i, 1);
        f.crc = false;
        if (i % 2 == 1) memcpy(f.chunk, (uint64_t[]){1, 5, 4, 3}, sizeof f.chunk);
        sample_file_write(&f);
    }
    dataset_source source = source_of(test_path(&folder, "shard-*.h5"));
    dataset *d;
    int before = open_files();
    assert_ok(dataset_open(&d, &source));
    check_samples(d, 1);
    check_samples(d, 101);
    assert_in_range(open_files() - before, 200, 256);
    dataset_close(d);
    assert_int_equal(open_files(), before);
    for (int i = 0; i < 270; i++)
        unlink(shard_file(i, 0, 1).path);
}

// Blocks go round a cache that does not hold them all.
static void more_blocks_than_the_cache_holds_are_read(void **state)
{
    (void)state;
    sample_file f = sample_file_initial(test_path(&folder, "many.h5"), 1300);
    memcpy(f.chunk, (uint64_t[]){1, 5, 4, 3}, sizeof f.chunk);
    sample_file_write(&f);
    dataset_source source = source_of(f.path);
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    check_samples(d, 7);
    check_samples(d, 1);
    dataset_close(d);
}

static void moments_are_those_of_the_pixels(void **state)
{
    (void)state;
    for (int t = 0; t < TYPE_COUNT; t++) {
        sample_file f = sample_file_initial(test_path(&folder, "moments.h5"), 30);
        f.type = stored_type(t);
        sample_file_write(&f);
        double scale = t < U16 ? 255 : t < F32 ? 65535 : 1, sum[3] = {0}, squares[3] = {0};
        for (uint64_t i = 0; i < 1800; i++) {
            double x = sample_value(i / 60, i / 12 % 5, i / 3 % 4, i % 3) / scale;
            sum[i % 3] += x, squares[i % 3] += x * x;
        }
        dataset_source source = source_of(f.path);
        dataset *d;
        assert_ok(dataset_open(&d, &source));
        for (int c = 0; c < 3; c++) {
            double mean = sum[c] / 600, deviation = sqrt(squares[c] / 600 - mean * mean);
            const dataset_info *info = dataset_get_info(d);
            assert_true(fabs((double)info->mean[c] - mean) < 1e-6 * mean);
            assert_true(fabs((double)info->deviation[c] - deviation) < 1e-6 * deviation);
        }
        dataset_close(d);
    }
}

static void moments_of_files_are_pooled(void **state)
{
    (void)state;
    const float mean[2][3] = {{0.5f, 0.25f, 0.1f}, {0.5f, 0.75f, 0.1f}};
    const float deviation[3] = {0.125f, 0.25f, 0.3f};
    for (int i = 0; i < 2; i++) {
        sample_file f = shard_file(i, 0, i == 0 ? 3 : 9);
        sample_file_write(&f);
        sample_file_describe(f.path, "mean", H5T_NATIVE_FLOAT, 3, mean[i]);
        sample_file_describe(f.path, "std", H5T_NATIVE_FLOAT, 3, deviation);
    }
    dataset_source source = source_of(test_path(&folder, "shard-00[01].h5"));
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    const dataset_info *info = dataset_get_info(d);
    assert_true(info->mean[0] == 0.5f && info->deviation[0] == 0.125f);
    assert_true(fabsf(info->mean[1] - 0.625f) < 1e-6f); // (3 * 0.25 + 9 * 0.75) / 12
    // variance within, 1/16, and between, 3/12 * 9/12 * 0.5^2
    assert_true(fabsf(info->deviation[1] - sqrtf(0.0625f + 0.046875f)) < 1e-6f);
    assert_true(info->mean[2] == 0.1f && fabsf(info->deviation[2] - 0.3f) < 1e-7f);
    dataset_close(d);
}

static void labels_of_any_integer_type_are_read(void **state)
{
    (void)state;
    const uint8_t small[4] = {0, 9, 2, 200};
    sample_file f = sample_file_initial(test_path(&folder, "labels.h5"), 4);
    sample_file_write(&f);
    sample_file_add(f.path, "y", H5T_STD_I16BE, H5T_NATIVE_UINT8, 4, small);
    dataset_source source = source_of(f.path);
    source.labels = "y";
    dataset *d;
    assert_ok(dataset_open(&d, &source));
    int64_t labels[4];
    assert_ok(dataset_read_labels(d, 0, 4, labels));
    for (int i = 0; i < 4; i++)
        assert_int_equal(labels[i], small[i]);
    assert_int_equal(dataset_get_info(d)->classes, 201);
    dataset_close(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_byte_order_and_axes_read_alike),
        cmocka_unit_test(one_channel_needs_no_axis),
        cmocka_unit_test(sixty_four_channels_are_read),
        cmocka_unit_test(chunks_and_filters_read_alike),
        cmocka_unit_test(chunks_of_whole_samples_may_have_any_axes),
        cmocka_unit_test(compact_files_and_user_blocks_are_read),
        cmocka_unit_test(chunks_that_skip_filters_are_read),
        cmocka_unit_test(chunks_never_written_are_zero),
        cmocka_unit_test(shards_are_one_list_in_order_of_names),
        cmocka_unit_test(few_of_many_files_are_open_at_a_time),
        cmocka_unit_test(more_blocks_than_the_cache_holds_are_read),
        cmocka_unit_test(moments_are_those_of_the_pixels),
        cmocka_unit_test(moments_of_files_are_pooled),
        cmocka_unit_test(labels_of_any_integer_type_are_read),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
