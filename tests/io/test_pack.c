// Foreign files become shards that hold every pixel and label; bad input is named and leaves
// nothing behind.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "io/packing/pack.h"
#include "tests/io/folder.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <tiffio.h>
#include <unistd.h>
#include <zlib.h>

#define ROWS    5
#define COLUMNS 4
#define PIXELS  20 // ROWS * COLUMNS
#define RECORD  3073

static test_folder sources, shards; // of one test

static int make_folders(void **state)
{
    (void)state;
    return test_folder_create(&sources) != 0 || test_folder_create(&shards) != 0;
}

static int remove_folders(void **state)
{
    (void)state;
    status_clear();
    return test_folder_remove(&sources) != 0 || test_folder_remove(&shards) != 0;
}

static unsigned char pixel(int sample, int i)
{
    return (unsigned char)(sample * 31 + i * 7);
}

static void put_word(unsigned char *at, uint32_t word)
{
    for (int i = 0; i < 4; i++)
        at[i] = (unsigned char)(word >> (24 - 8 * i));
}

// NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte of `count` samples numbered from `first`.
static void write_idx(const char *name, int first, int count)
{
    unsigned char images[16 + 64 * PIXELS], labels[8 + 64];
    char file[64];
    put_word(images, 0x803), put_word(images + 4, (uint32_t)count);
    put_word(images + 8, ROWS), put_word(images + 12, COLUMNS);
    put_word(labels, 0x801), put_word(labels + 4, (uint32_t)count);
    unsigned char *to = images + 16;
    for (int n = 0; n < count; n++) {
        labels[8 + n] = (unsigned char)((first + n) % 7);
        for (int i = 0; i < PIXELS; i++)
            *to++ = pixel(first + n, i);
    }
    snprintf(file, sizeof file, "%s-images-idx3-ubyte", name);
    test_write(&sources, file, images, 16 + (size_t)count * PIXELS);
    snprintf(file, sizeof file, "%s-labels-idx1-ubyte", name);
    test_write(&sources, file, labels, 8 + (size_t)count);
}

static void compress_file(const char *name)
{
    size_t size;
    char *bytes = test_read(test_path(&sources, name), &size), longer[64];
    snprintf(longer, sizeof longer, "%s.gz", name);
    gzFile out = gzopen(test_path(&sources, longer), "wb");
    assert_non_null(out);
    assert_int_equal(gzwrite(out, bytes, (unsigned)size), size);
    assert_int_equal(gzclose(out), Z_OK);
    unlink(test_path(&sources, name));
    free(bytes);
}

static void write_cifar(const char *name, int first, int count, int label_shift)
{
    unsigned char *bytes = malloc((size_t)count * RECORD);
    unsigned char *to = bytes;
    for (int n = first; n < first + count; n++) {
        *to++ = (unsigned char)(n % 10 + label_shift);
        for (int i = 0; i < 3072; i++)
            *to++ = pixel(n, i);
    }
    test_write(&sources, name, bytes, (size_t)count * RECORD);
    free(bytes);
}

static status pack_one(const char *source, const char *destination, uint64_t shard_size,
                       bool replace, pack_result *result)
{
    return pack(&(pack_job){.sources = &source,
                            .source_count = 1,
                            .destination = destination,
                            .shard_size = shard_size,
                            .replace = replace},
                result);
}

static void assert_packed(const char *files, uint64_t count, int first)
{
    dataset *d;
    unsigned char pixels[PIXELS];
    int64_t labels[64];
    assert_ok(dataset_open(
        &d, &(dataset_source){
                .files = files, .images = "/images", .labels = "/labels", .axes = "NHWC"}));
    const dataset_info *info = dataset_get_info(d);
    assert_int_equal(info->count, count);
    assert_true(info->height == ROWS && info->width == COLUMNS && info->channels == 1);
    assert_true(info->type == PIXEL_U8 && info->labelled);
    assert_ok(dataset_read_labels(d, 0, count, labels));
    for (int n = 0; n < (int)count; n++) {
        assert_ok(dataset_read(d, (uint64_t)n, pixels));
        assert_int_equal(labels[n], (first + n) % 7);
        for (int i = 0; i < PIXELS; i++)
            assert_int_equal(pixels[i], pixel(first + n, i));
    }
    dataset_close(d);
}

static void idx_keeps_every_pixel_and_label(void **state)
{
    (void)state;
    pack_result result;
    write_idx("train", 0, 25);
    assert_ok(pack_one(test_path(&sources, "train-images-idx3-ubyte"), test_path(&shards, "a"), 10,
                       false, &result));
    assert_int_equal(result.splits[0].made.samples, 25);
    assert_int_equal(result.splits[0].made.files, 3);
    assert_int_equal(result.splits[0].made.classes, 7);
    assert_int_equal(test_count(&shards), 3);
    assert_packed(test_path(&shards, "a-*.h5"), 25, 0);
    assert_packed(test_path(&shards, "a-00002.h5"), 5, 20);
}

static void a_folder_is_packed_by_split_and_gzip_is_read(void **state)
{
    (void)state;
    pack_result result;
    write_idx("train", 0, 12);
    write_idx("t10k", 40, 6);
    compress_file("train-images-idx3-ubyte");
    compress_file("train-labels-idx1-ubyte");
    compress_file("t10k-images-idx3-ubyte");
    assert_ok(pack_one(sources.path, shards.path, 100, false, &result));
    assert_int_equal(result.split_count, 2);
    assert_string_equal(result.splits[1].name, "test");
    assert_int_equal(test_count(&shards), 2);
    assert_packed(test_path(&shards, "train-*.h5"), 12, 0);
    assert_packed(test_path(&shards, "test-*.h5"), 6, 40);
}

static void cifar_planes_become_rgb_pixels(void **state)
{
    (void)state;
    pack_result result;
    dataset *d;
    static unsigned char pixels[3072];
    int64_t labels[7];
    write_cifar("data_batch_1.bin", 0, 4, 0);
    write_cifar("data_batch_2.bin", 4, 3, 0);
    assert_ok(pack_one(sources.path, shards.path, 100, false, &result));
    assert_int_equal(result.split_count, 1);
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "train-*.h5"),
                                                 .images = "/images",
                                                 .labels = "/labels",
                                                 .axes = "NHWC"}));
    const dataset_info *info = dataset_get_info(d);
    assert_true(info->count == 7 && info->channels == 3 && info->height == 32);
    assert_ok(dataset_read_labels(d, 0, 7, labels));
    double sum[3] = {0}, squares[3] = {0};
    for (int n = 0; n < 7; n++) {
        assert_ok(dataset_read(d, (uint64_t)n, pixels));
        assert_int_equal(labels[n], n);
        for (int i = 0; i < 3072; i++) {
            assert_int_equal(pixels[i], pixel(n, i % 3 * 1024 + i / 3));
            double value = pixels[i] / 255.0;
            sum[i % 3] += value / (7 * 1024), squares[i % 3] += value * value / (7 * 1024);
        }
    }
    for (int c = 0; c < 3; c++) {
        assert_true(fabs((double)info->mean[c] - sum[c]) < 1e-6);
        assert_true(fabs((double)info->deviation[c] - sqrt(squares[c] - sum[c] * sum[c])) < 1e-6);
    }
    dataset_close(d);
}

// A record holds a coarse label, a fine one, and planes; a shard both labels and pixels.
static void cifar100_keeps_both_labels(void **state)
{
    (void)state;
    enum { COUNT = 5, BYTES = RECORD + 1 };
    static unsigned char bytes[COUNT * BYTES], pixels[3072];
    pack_result result;
    for (int n = 0; n < COUNT; n++) {
        bytes[n * BYTES] = (unsigned char)(19 - n), bytes[n * BYTES + 1] = (unsigned char)(20 * n);
        for (int i = 0; i < 3072; i++)
            bytes[n * BYTES + 2 + i] = pixel(n, i);
    }
    test_write(&sources, "train.bin", bytes, sizeof bytes);
    test_write(&sources, "test.bin", bytes, BYTES);
    assert_ok(pack_one(sources.path, shards.path, 3, false, &result));
    assert_int_equal(result.split_count, 2);
    assert_int_equal(result.splits[0].made.classes, 81);
    assert_int_equal(test_count(&shards), 3);
    for (int coarse = 0; coarse <= 1; coarse++) {
        dataset *d;
        int64_t labels[COUNT];
        assert_ok(
            dataset_open(&d, &(dataset_source){.files = test_path(&shards, "train-*.h5"),
                                               .images = "/images",
                                               .labels = coarse ? "/coarse_labels" : "/labels",
                                               .axes = "NHWC"}));
        assert_int_equal(dataset_get_info(d)->count, COUNT);
        assert_ok(dataset_read_labels(d, 0, COUNT, labels));
        for (int n = 0; n < COUNT; n++) {
            assert_int_equal(labels[n], coarse ? 19 - n : 20 * n);
            assert_ok(dataset_read(d, (uint64_t)n, pixels));
            for (int i = 0; i < 3072; i++)
                assert_int_equal(pixels[i], pixel(n, i % 3 * 1024 + i / 3));
        }
        dataset_close(d);
    }
    bytes[3 * BYTES] = 20;
    test_write(&sources, "odd.bin", bytes, sizeof bytes);
    assert_fails(
        pack_one(test_path(&sources, "odd.bin"), test_path(&shards, "odd"), 9, false, &result),
        ST_BAD_DATA, "sample 3 has the coarse label 20 and the fine one 60");
}

static void existing_shards_are_kept_unless_forced(void **state)
{
    (void)state;
    pack_result result;
    write_idx("train", 0, 25);
    write_idx("other", 30, 8);
    const char *destination = test_path(&shards, "a"),
               *other = test_path(&sources, "other-images-idx3-ubyte");
    assert_ok(
        pack_one(test_path(&sources, "train-images-idx3-ubyte"), destination, 10, false, &result));
    assert_fails(pack_one(other, destination, 10, false, &result), ST_USAGE, "--force");
    assert_packed(test_path(&shards, "a-*.h5"), 25, 0);
    assert_ok(pack_one(other, destination, 10, true, &result));
    assert_int_equal(test_count(&shards), 1); // the longer series is gone
    assert_packed(test_path(&shards, "a-*.h5"), 8, 30);
}

static void assert_refused(const char *source, status code, const char *text)
{
    pack_result result;
    assert_fails(pack_one(source, test_path(&shards, "a"), 10, false, &result), code, text);
    assert_int_equal(test_count(&shards), 0);
}

static void foreign_files_are_refused(void **state)
{
    (void)state;
    static const unsigned char zeros[RECORD + 2];
    assert_refused(test_path(&sources, "missing"), ST_NO_INPUT, "missing");
    assert_refused(sources.path, ST_BAD_DATA, "no file of a known format");
    test_write(&sources, "notes", zeros, sizeof zeros);
    assert_refused(test_path(&sources, "notes"), ST_BAD_DATA, "notes");
    test_write(&sources, "odd.bin", zeros, sizeof zeros);
    assert_refused(test_path(&sources, "odd.bin"), ST_BAD_DATA, "multiple of 3073");
    write_cifar("cifar100.bin", 0, 5, 6);
    assert_refused(test_path(&sources, "cifar100.bin"), ST_BAD_DATA, "sample 4 has label 10");
    test_write(&sources, "train-images-idx3-ubyte", zeros, sizeof zeros);
    assert_refused(sources.path, ST_BAD_DATA, "magic number 0x00000803");
}

static void labels_must_match_the_images(void **state)
{
    (void)state;
    write_idx("train", 0, 24);
    size_t size;
    char *labels = test_read(test_path(&sources, "train-labels-idx1-ubyte"), &size);
    write_idx("train", 0, 25);
    test_write(&sources, "train-labels-idx1-ubyte", labels, size);
    free(labels);
    assert_refused(test_path(&sources, "train-images-idx3-ubyte"), ST_BAD_DATA,
                   "24 labels for the 25 images");
    assert_refused(test_path(&sources, "train-labels-idx1-ubyte"), ST_BAD_DATA,
                   "idx file of images");
}

// The good part goes with the bad one.
static void a_folder_is_packed_whole_or_not_at_all(void **state)
{
    (void)state;
    pack_result result;
    write_idx("train", 0, 12);
    write_idx("t10k", 0, 4);
    test_write(&sources, "t10k-images-idx3-ubyte", "\0\0\10\3", 4);
    assert_fails(pack_one(sources.path, shards.path, 5, false, &result), ST_BAD_DATA,
                 "t10k-images");
    assert_int_equal(test_count(&shards), 0);
}

static void sources_must_agree(void **state)
{
    (void)state;
    pack_result result;
    write_idx("train", 0, 5);
    write_cifar("data_batch_1.bin", 0, 2, 0);
    const char *files[] = {test_path(&sources, "train-images-idx3-ubyte"),
                           test_path(&sources, "data_batch_1.bin")};
    pack_job job = {.sources = files, .source_count = 2, .shard_size = 10};
    job.destination = test_path(&shards, "a");
    assert_fails(pack(&job, &result), ST_BAD_DATA, "pack them apart");
    assert_int_equal(test_count(&shards), 0);
}

static void truncated_idx_is_named(void **state)
{
    (void)state;
    size_t size;
    write_idx("train", 0, 25);
    char *bytes = test_read(test_path(&sources, "train-images-idx3-ubyte"), &size);
    test_write(&sources, "train-images-idx3-ubyte", bytes, size - 1);
    assert_refused(test_path(&sources, "train-images-idx3-ubyte"), ST_BAD_DATA, "truncated");
    bytes[size] = 0;
    test_write(&sources, "train-images-idx3-ubyte", bytes, size + 1);
    assert_refused(test_path(&sources, "train-images-idx3-ubyte"), ST_BAD_DATA, "more data");
    free(bytes);
}

static void several_files_follow_each_other(void **state)
{
    (void)state;
    pack_result result;
    write_idx("one", 0, 9);
    write_idx("two", 9, 9);
    const char *files[] = {test_path(&sources, "one-images-idx3-ubyte"),
                           test_path(&sources, "two-images-idx3-ubyte")};
    pack_job job = {.sources = files, .source_count = 2, .shard_size = 5};
    job.destination = test_path(&shards, "both");
    assert_ok(pack(&job, &result));
    assert_int_equal(test_count(&shards), 4);
    assert_packed(test_path(&shards, "both-*.h5"), 18, 0);
}

// The second shard does not fit on the "disk": neither it nor the first is left.
static void a_full_disk_leaves_nothing(void **state)
{
    (void)state;
    pack_result result;
    struct rlimit old, small;
    write_cifar("data_batch_1.bin", 0, 60, 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){100000, old.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    status fits = pack_one(test_path(&sources, "data_batch_1.bin"), test_path(&shards, "fits"), 20,
                           false, &result);
    status full = pack_one(test_path(&sources, "data_batch_1.bin"), test_path(&shards, "full"), 50,
                           false, &result);
    setrlimit(RLIMIT_FSIZE, &old);
    signal(SIGXFSZ, handler);
    assert_int_equal(fits, ST_OK);
    assert_fails(full, ST_IO, "too large");
    assert_int_equal(test_count(&shards), 3);
}

static status pack_raw(const char *layout, const char *const *files, int count)
{
    pack_result result;
    return pack(&(pack_job){.sources = files,
                            .source_count = count,
                            .destination = test_path(&shards, "raw"),
                            .raw = layout,
                            .shard_size = 100,
                            .replace = true},
                &result);
}

// Two files of two samples each, 3 x 2 with 2 channels, float32 with the first byte first.
static void raw_numbers_are_read_as_told(void **state)
{
    (void)state;
    unsigned char bytes[2][96];
    float values[24], read[12];
    for (int i = 0; i < 24; i++) {
        uint32_t word;
        values[i] = (float)i * 0.37f - 3.0f;
        memcpy(&word, &values[i], sizeof word);
        put_word(bytes[0] + (size_t)4 * (size_t)i, word);
        put_word(bytes[1] + (size_t)4 * (size_t)(23 - i), word);
    }
    test_write(&sources, "a", bytes[0], 96);
    test_write(&sources, "b", bytes[1], 96);
    char first[512], second[512];
    snprintf(first, sizeof first, "%s", test_path(&sources, "a"));
    snprintf(second, sizeof second, "%s", test_path(&sources, "b"));
    const char *files[] = {first, second};
    assert_ok(pack_raw("f32be:3x2x2", files, 2));
    dataset *d;
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "raw-*.h5"),
                                                 .images = "/images",
                                                 .labels = "/labels",
                                                 .axes = "NHWC"}));
    const dataset_info *info = dataset_get_info(d);
    assert_true(info->count == 4 && info->height == 3 && info->width == 2 && info->channels == 2);
    assert_true(info->type == PIXEL_F32 && !info->labelled);
    for (uint64_t n = 0; n < 4; n++) {
        assert_ok(dataset_read(d, n, read));
        for (int i = 0; i < 12; i++) {
            int at = (int)(n % 2) * 12 + i;
            assert_true(read[i] == values[n < 2 ? at : 23 - at]);
        }
    }
    dataset_close(d);
}

// Each image of two stacks is a sample, of its own channels and type.
static void stacks_of_tiff_are_samples(void **state)
{
    (void)state;
    enum { SIDE = 6, CHANNELS = 2, NUMBERS = SIDE * SIDE * CHANNELS };
    uint16_t numbers[NUMBERS];
    char paths[2][512];
    for (int file = 0; file < 2; file++) {
        snprintf(paths[file], sizeof paths[file], "%s", test_path(&sources, file ? "b" : "a"));
        TIFF *tiff = TIFFOpen(paths[file], "w");
        for (int image = 0; image < 2 + file; image++) {
            TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, SIDE);
            TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, SIDE);
            TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, CHANNELS);
            TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, 16);
            TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_MINISBLACK);
            for (int i = 0; i < NUMBERS; i++)
                numbers[i] = (uint16_t)(1000 * (2 * file + image) + i);
            for (uint32_t y = 0; y < SIDE; y++)
                assert_int_equal(TIFFWriteScanline(tiff, numbers + y * SIDE * CHANNELS, y, 0), 1);
            assert_int_equal(TIFFWriteDirectory(tiff), 1);
        }
        TIFFClose(tiff);
    }
    const char *files[] = {paths[0], paths[1]};
    pack_result result;
    pack_job job = {.sources = files, .source_count = 2, .shard_size = 4};
    job.destination = test_path(&shards, "stack");
    assert_ok(pack(&job, &result));
    dataset *d;
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "stack-*.h5"),
                                                 .images = "/images",
                                                 .labels = "/labels",
                                                 .axes = "NHWC"}));
    assert_int_equal(dataset_get_info(d)->count, 5);
    assert_false(dataset_get_info(d)->labelled);
    for (uint64_t n = 0; n < 5; n++) {
        assert_ok(dataset_read(d, n, numbers));
        for (int i = 0; i < NUMBERS; i++)
            assert_int_equal(numbers[i], 1000 * (int)n + i);
    }
    dataset_close(d);
}

static void wrong_raw_layouts_are_refused(void **state)
{
    (void)state;
    unsigned char bytes[96] = {0};
    test_write(&sources, "a", bytes, 96);
    const char *file = test_path(&sources, "a");
    assert_fails(pack_raw("f32be", &file, 1), ST_USAGE, "as in f32be:512x512x1");
    assert_fails(pack_raw("f64be:2x2x1", &file, 1), ST_USAGE, "no layout of raw files");
    assert_fails(pack_raw("u8:2x2", &file, 1), ST_USAGE, "no layout of raw files");
    assert_fails(pack_raw("u8:2x0x1", &file, 1), ST_USAGE, "no layout of raw files");
    assert_fails(pack_raw("u8:2x2x1x", &file, 1), ST_USAGE, "no layout of raw files");
    assert_fails(pack_raw("u8:5x1x1", &file, 1), ST_BAD_DATA,
                 "holds 96 bytes, which is no multiple of 5,");
    memset(bytes, 0xff, 4);
    test_write(&sources, "a", bytes, 96);
    assert_fails(pack_raw("f32le:4x6x1", &file, 1), ST_BAD_DATA, "NaN or infinite");
    assert_int_equal(test_count(&shards), 0);
}

static void real_mnist_has_its_known_first_digits(void **state)
{
    (void)state;
    const char *source = "../shared/data/mnist/t10k-images-idx3-ubyte.gz";
    if (access(source, R_OK) != 0) {
        printf("skipped: %s is not there\n", source);
        skip();
    }
    pack_result result;
    dataset *d;
    int64_t labels[8];
    static const int64_t expected[8] = {7, 2, 1, 0, 4, 1, 4, 9};
    assert_ok(pack_one(source, test_path(&shards, "mnist"), 4000, false, &result));
    assert_int_equal(result.splits[0].made.samples, 10000);
    assert_int_equal(result.splits[0].made.classes, 10);
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "mnist-*.h5"),
                                                 .images = "/images",
                                                 .labels = "/labels",
                                                 .axes = "NHWC"}));
    assert_ok(dataset_read_labels(d, 0, 8, labels));
    assert_memory_equal(labels, expected, sizeof labels);
    assert_true(fabs((double)dataset_get_info(d)->mean[0] - 0.1325) < 1e-3);
    dataset_close(d);
}

#define test_in_folders(name) cmocka_unit_test_setup_teardown(name, make_folders, remove_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_folders(idx_keeps_every_pixel_and_label),
        test_in_folders(a_folder_is_packed_by_split_and_gzip_is_read),
        test_in_folders(cifar_planes_become_rgb_pixels),
        test_in_folders(cifar100_keeps_both_labels),
        test_in_folders(existing_shards_are_kept_unless_forced),
        test_in_folders(foreign_files_are_refused),
        test_in_folders(labels_must_match_the_images),
        test_in_folders(a_folder_is_packed_whole_or_not_at_all),
        test_in_folders(sources_must_agree),
        test_in_folders(truncated_idx_is_named),
        test_in_folders(several_files_follow_each_other),
        test_in_folders(a_full_disk_leaves_nothing),
        test_in_folders(raw_numbers_are_read_as_told),
        test_in_folders(stacks_of_tiff_are_samples),
        test_in_folders(wrong_raw_layouts_are_refused),
        test_in_folders(real_mnist_has_its_known_first_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
