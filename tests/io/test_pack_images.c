// Folders of JPEG and PNG files by class become shards; broken images are named.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "io/packing/pack.h"
#include "io/images/pictures.h"
#include "tests/io/image_folder.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIDE 12

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
    return image_folder_remove(&sources) != 0 || image_folder_remove(&shards) != 0;
}

// Two classes of three images in sizes of all kinds; the name order is not the order of writing.
static void write_classes(size_t missing)
{
    image_folder_class(&sources, "dog"), image_folder_class(&sources, "cat"),
        image_folder_class(&sources, "empty");
    image_folder_png(&sources, "dog/b.png", SIDE, SIDE, 40);
    image_folder_jpeg(&sources, "dog/a.JPEG", 30, 47, 30, 0);
    image_folder_jpeg(&sources, "dog/c.jpeg", 31, 20, 50, 0);
    image_folder_png(&sources, "cat/3.PNG", 9, 5, 20);
    image_folder_jpeg(&sources, "cat/2.jpg", 64, 48, 10, missing);
    image_folder_jpeg(&sources, "cat/1.jpg", SIDE, 40, 0, 0);
    test_write(&sources, "cat/notes.txt", "none", 4);
    test_write(&sources, "SHA256SUMS", "none", 4);
}

static status pack_all(int side, int test_every, bool skip_bad, pack_result *result)
{
    const char *source = sources.path;
    return image_folder_pack(&(pack_job){.sources = &source,
                                         .source_count = 1,
                                         .destination = shards.path,
                                         .shard_size = 4,
                                         .side = side,
                                         .test_every = test_every,
                                         .skip_bad = skip_bad,
                                         .rank_count = 2},
                             result, NULL);
}

// The images of these files have the given shades of red and labels.
static void assert_images(const char *files, int count, const int *shades, const int64_t *labels)
{
    dataset *d;
    unsigned char pixels[SIDE * SIDE * 3];
    int64_t found[8];
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, files),
                                                 .images = "/images",
                                                 .labels = "/labels",
                                                 .axes = "NHWC"}));
    const dataset_info *info = dataset_get_info(d);
    assert_int_equal(info->count, count);
    assert_true(info->height == SIDE && info->width == SIDE && info->channels == 3);
    assert_ok(dataset_read_labels(d, 0, (uint64_t)count, found));
    for (int n = 0; n < count; n++) {
        assert_int_equal(found[n], labels[n]);
        assert_ok(dataset_read(d, (uint64_t)n, pixels));
        for (size_t i = 0; i < (size_t)SIDE * SIDE; i++) {
            assert_true(abs(pixels[3 * i] - shades[n]) <= 3);
            assert_true(abs(pixels[3 * i + 1] - 100) <= 3);
            assert_true(abs(pixels[3 * i + 2] - 200) <= 3);
        }
    }
    dataset_close(d);
}

static void classes_are_labelled_in_the_order_of_their_names(void **state)
{
    (void)state;
    pack_result result;
    write_classes(0);
    assert_ok(pack_all(SIDE, 0, false, &result));
    assert_int_equal(result.split_count, 1);
    assert_int_equal(result.splits[0].made.classes, 2);
    assert_int_equal(test_count(&shards), 2);
    assert_images("train-*.h5", 6, (int[]){0, 10, 20, 30, 40, 50}, (int64_t[]){0, 0, 0, 1, 1, 1});
}

// Each split in its own shards; only what has classes has labels.
static void the_folders_own_splits_are_kept(void **state)
{
    (void)state;
    pack_result result;
    static const char *const folders[] = {"train", "train/cat", "train/dog",
                                          "val",   "val/dog",   "test"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        image_folder_class(&sources, folders[i]);
    image_folder_png(&sources, "train/cat/1.png", SIDE, SIDE, 10);
    image_folder_png(&sources, "train/dog/1.png", SIDE, SIDE, 20);
    image_folder_png(&sources, "val/dog/2.png", SIDE, SIDE, 30);
    image_folder_png(&sources, "test/3.png", SIDE, SIDE, 40);
    for (int side = 0; side <= SIDE; side += SIDE) {
        assert_int_equal(unlink(test_path(&shards, "train-00000.h5")), side > 0 ? 0 : -1);
        assert_int_equal(unlink(test_path(&shards, "val-00000.h5")), side > 0 ? 0 : -1);
        assert_int_equal(unlink(test_path(&shards, "test-00000.h5")), side > 0 ? 0 : -1);
        assert_ok(pack_all(side, 2, false, &result));
        assert_int_equal(result.split_count, 3);
        assert_images("train-*.h5", 2, (int[]){10, 20}, (int64_t[]){0, 1});
        assert_images("val-*.h5", 1, (int[]){30}, (int64_t[]){1});
        dataset *d;
        assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "test-*.h5"),
                                                     .images = "/images",
                                                     .labels = "/labels",
                                                     .axes = "NHWC"}));
        assert_int_equal(dataset_get_info(d)->count, 1);
        assert_false(dataset_get_info(d)->labelled);
        dataset_close(d);
    }
}

// Both are told once, whoever packed them; the shard's size is that of the upright image.
static void turned_images_and_inks_are_counted(void **state)
{
    (void)state;
    pack_result result;
    dataset *d;
    write_classes(0);
    image_folder_inks(&sources, "cat/0.jpg", 16, 90);
    assert_ok(pack_all(0, 0, true, &result));
    assert_true(result.notes.turned == 1 && result.notes.inks == 1);
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "train-00000.h5"),
                                                 .images = "/images",
                                                 .labels = "/labels",
                                                 .axes = "NHWC"}));
    assert_int_equal(dataset_get_info(d)->height, 90);
    assert_int_equal(dataset_get_info(d)->width, 48);
    dataset_close(d);
    assert_int_equal(unlink(test_path(&shards, "train-00000.h5")), 0);
    assert_int_equal(unlink(test_path(&shards, "train-00001.h5")), 0);
    assert_ok(pack_all(SIDE, 0, true, &result));
    assert_true(result.notes.turned == 1 && result.notes.inks == 1);
}

static status pack_as(int side, pack_pixels pixels, pack_result *result)
{
    const char *source = sources.path;
    return image_folder_pack(&(pack_job){.sources = &source,
                                         .source_count = 1,
                                         .destination = shards.path,
                                         .shard_size = 1,
                                         .side = side,
                                         .pixels = pixels,
                                         .replace = true,
                                         .rank_count = 2},
                             result, NULL);
}

// Number i of image 0 of the shards.
static double number(pixel_type type, const void *pixels, size_t i)
{
    if (type == PIXEL_U8) return ((const uint8_t *)pixels)[i];
    return type == PIXEL_U16 ? ((const uint16_t *)pixels)[i] : (double)((const float *)pixels)[i];
}

static void assert_numbers(pixel_type type, int height, int width, int channels, double first,
                           double step)
{
    dataset *d;
    uint32_t pixels[24 * 24];
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "train-*.h5"),
                                                 .images = "/images",
                                                 .labels = "",
                                                 .axes = "NHWC"}));
    const dataset_info *info = dataset_get_info(d);
    assert_true(info->type == type && info->height == height && info->width == width);
    assert_int_equal(info->channels, channels);
    assert_int_equal(info->count, 2);
    assert_ok(dataset_read(d, 0, pixels));
    for (size_t i = 0; i < (size_t)height * (size_t)width; i++) {
        double expected = first + step * (double)i;
        assert_true(fabs(number(type, pixels, i * (size_t)channels) - expected) <= 1e-6 * expected);
    }
    dataset_close(d);
}

// Without a side all is kept; with one, the middle; and what 8 bits lose is told.
static void sixteen_bits_are_kept_on_request(void **state)
{
    (void)state;
    pack_result result;
    image_folder_deep(&sources, "a.png", 12, 20);
    image_folder_deep(&sources, "b.png", 12, 20);
    assert_ok(pack_as(PACK_SAME, PACK_U16, &result));
    assert_numbers(PIXEL_U16, 12, 20, 1, 1000, 1);
    assert_int_equal(result.notes.cut, 0);
    assert_ok(pack_as(PACK_SAME, PACK_F32, &result));
    assert_numbers(PIXEL_F32, 12, 20, 1, 1000 / 65535.0, 1 / 65535.0);
    assert_ok(pack_as(PACK_SAME, PACK_RGB, &result));
    assert_int_equal(result.notes.cut, 2);
}

static void images_of_several_forms_are_refused(void **state)
{
    (void)state;
    pack_result result;
    image_folder_deep(&sources, "a.png", 12, 20);
    image_folder_png(&sources, "b.png", 12, 20, 9);
    assert_fails(pack_as(PACK_SAME, PACK_U16, &result), ST_BAD_DATA,
                 "b.png: has 3 channels, but the first image has 1");
    assert_fails(pack_as(PACK_SAME, PACK_U8, &result), ST_BAD_DATA,
                 "a.png: its pixels are uint16, which uint8 cannot hold: give --pixels u16");
    image_folder_deep(&sources, "b.png", 13, 20);
    assert_fails(pack_as(PACK_SAME, PACK_U16, &result), ST_BAD_DATA,
                 "b.png: has 13 x 20 pixels, but the first image has 12 x 20");
    assert_ok(pack_as(8, PACK_U16, &result));
}

// Links whose target is gone: named, or left out and counted.
static void a_link_to_nothing_can_be_left_out(void **state)
{
    (void)state;
    pack_result result;
    write_classes(0);
    assert_int_equal(symlink("gone.jpg", test_path(&sources, "cat/0.jpg")), 0);
    assert_int_equal(symlink("d.png", test_path(&sources, "dog/d.png")), 0); // to itself
    for (int side = 0; side <= SIDE; side += SIDE) {
        assert_fails(pack_all(side, 0, false, &result), ST_NO_INPUT,
                     "cat/0.jpg: a link that leads nowhere");
        assert_int_equal(test_count(&shards), 0);
        assert_ok(pack_all(side, 0, true, &result));
        assert_int_equal(result.skipped, 2);
        assert_int_equal(result.splits[0].made.samples, 6);
        assert_ok(pack_all(side, 0, true, &result)); // kept shards know
        assert_int_equal(result.skipped, 2);
        assert_int_equal(unlink(test_path(&shards, "train-00000.h5")), 0);
        assert_int_equal(unlink(test_path(&shards, "train-00001.h5")), 0);
    }
}

static void class_names_are_stored(void **state)
{
    (void)state;
    pack_result result;
    char text[16] = "";
    write_classes(0);
    assert_ok(pack_all(SIDE, 0, false, &result));
    hid_t file = H5Fopen(test_path(&shards, "train-00001.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t attribute = H5Aopen(file, "class_names", H5P_DEFAULT), type = H5Aget_type(attribute);
    assert_int_equal(H5Tget_size(type), sizeof "cat\ndog");
    assert_true(H5Aread(attribute, type, text) >= 0);
    H5Tclose(type);
    H5Aclose(attribute);
    H5Fclose(file);
    assert_string_equal(text, "cat\ndog");
}

static void every_third_image_of_a_class_is_for_testing(void **state)
{
    (void)state;
    pack_result result;
    write_classes(0);
    assert_ok(pack_all(SIDE, 3, false, &result));
    assert_int_equal(result.split_count, 2);
    assert_images("train-*.h5", 4, (int[]){0, 10, 30, 40}, (int64_t[]){0, 0, 1, 1});
    assert_images("test-*.h5", 2, (int[]){20, 50}, (int64_t[]){0, 1});
}

static void the_middle_square_is_stored(void **state)
{
    (void)state;
    pack_result result;
    dataset *d;
    unsigned char pixels[SIDE * SIDE * 3];
    image_folder_class(&sources, "a");
    // 4 columns go on the left, 5 on the right.
    unsigned char whole[3 * SIDE * (SIDE + 9)] = {0};
    const picture p = {.width = SIDE + 9, .height = SIDE, .channels = 3, .pixels = whole};
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE + 9; x++)
            whole[3 * (y * (SIDE + 9) + x)] = (unsigned char)(10 * y + x);
    assert_ok(picture_write(test_path(&sources, "a/a.png"), &p));
    assert_ok(pack_all(SIDE, 10, false, &result));
    assert_ok(dataset_open(&d, &(dataset_source){.files = test_path(&shards, "train-*.h5"),
                                                 .images = "/images",
                                                 .labels = "/labels",
                                                 .axes = "NHWC"}));
    assert_ok(dataset_read(d, 0, pixels));
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            assert_int_equal(pixels[3 * (y * SIDE + x)], 10 * y + x + 4);
    dataset_close(d);
}

// The split of the others stays as it was.
static void a_broken_image_can_be_left_out(void **state)
{
    (void)state;
    pack_result result;
    write_classes(60);
    assert_ok(pack_all(SIDE, 3, true, &result));
    assert_int_equal(result.skipped, 1);
    assert_images("train-*.h5", 3, (int[]){0, 30, 40}, (int64_t[]){0, 1, 1});
    assert_images("test-*.h5", 2, (int[]){20, 50}, (int64_t[]){0, 1});
}

static void a_broken_image_stops_otherwise(void **state)
{
    (void)state;
    pack_result result;
    write_classes(60);
    assert_fails(pack_all(SIDE, 3, false, &result), ST_BAD_DATA, "cat/2.jpg: broken JPEG: ");
    assert_int_equal(test_count(&shards), 0); // it is in the first shard
    test_write(&sources, "cat/2.jpg", "GIF89a", 6);
    assert_fails(pack_all(SIDE, 3, false, &result), ST_BAD_DATA, "cat/2.jpg: no JPEG, PNG or TIFF");
    assert_int_equal(test_count(&shards), 0);
}

static void nothing_but_broken_images_is_an_error(void **state)
{
    (void)state;
    pack_result result;
    image_folder_class(&sources, "a");
    image_folder_jpeg(&sources, "a/a.jpg", 20, 20, 0, 60);
    assert_fails(pack_all(SIDE, 0, true, &result), ST_BAD_DATA, "all of its images are broken");
    assert_int_equal(test_count(&shards), 0);
}

#define test_in_folders(name) cmocka_unit_test_setup_teardown(name, make_folders, remove_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_in_folders(classes_are_labelled_in_the_order_of_their_names),
        test_in_folders(the_folders_own_splits_are_kept),
        test_in_folders(turned_images_and_inks_are_counted),
        test_in_folders(sixteen_bits_are_kept_on_request),
        test_in_folders(images_of_several_forms_are_refused),
        test_in_folders(a_link_to_nothing_can_be_left_out),
        test_in_folders(class_names_are_stored),
        test_in_folders(every_third_image_of_a_class_is_for_testing),
        test_in_folders(the_middle_square_is_stored),
        test_in_folders(a_broken_image_can_be_left_out),
        test_in_folders(a_broken_image_stops_otherwise),
        test_in_folders(nothing_but_broken_images_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
