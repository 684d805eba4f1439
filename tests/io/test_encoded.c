// Shards of JPEG and PNG images of any size: pixels, moments, views, and what can be wrong.
#include "tests/check.h"

#include "io/images/image_file.h"
#include "io/views/loader.h"
#include "io/shards/shard.h"
#include "tests/allocations.h"
#include "tests/io/augment_apply.h"
#include "tests/io/image_folder.h"
#include "tests/io/sample_file.h"

#include <hdf5.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 6
#define SIZE  16 // of a view

static const char *const names[COUNT] = {"cat/a.jpg", "cat/b.png", "cat/c.jpg",
                                         "dog/a.jpg", "dog/b.jpg", "dog/c.png"};
static const int heights[COUNT] = {40, 9, 17, 16, 33, 24}, widths[COUNT] = {20, 31, 45, 16, 33, 12};

static test_folder sources, shards; // of one test

// Packs the images, four to a shard.
static int make_shards(void **state)
{
    (void)state;
    if (test_folder_create(&sources) != 0 || test_folder_create(&shards) != 0) return -1;
    image_folder_class(&sources, "cat");
    image_folder_class(&sources, "dog");
    for (int i = 0; i < COUNT; i++)
        if (strstr(names[i], ".png") != NULL)
            image_folder_png(&sources, names[i], heights[i], widths[i], 20 * i);
        else
            image_folder_pattern(&sources, names[i], heights[i], widths[i], i);
    pack_result result;
    const char *source = sources.path;
    const pack_job job = {.sources = &source,
                          .source_count = 1,
                          .destination = shards.path,
                          .shard_size = 4,
                          .rank_count = 1};
    return image_folder_pack(&job, &result, NULL) == ST_OK ? 0 : -1;
}

static int remove_folders(void **state)
{
    (void)state;
    status_clear();
    return image_folder_remove(&sources) != 0 || image_folder_remove(&shards) != 0;
}

static status open_shards(dataset **d, const char *files)
{
    return dataset_open(d, &(dataset_source){.files = test_path(&shards, files),
                                             .images = "/images",
                                             .labels = "/labels",
                                             .axes = "NHWC"});
}

static void each_image_has_its_own_pixels_and_size(void **state)
{
    (void)state;
    dataset *d;
    assert_ok(open_shards(&d, "train-*.h5"));
    const dataset_info *info = dataset_get_info(d);
    assert_true(info->varied && info->count == COUNT && info->channels == 3);
    assert_int_equal(info->height, 40);
    assert_int_equal(info->width, 45);
    assert_int_equal(info->sample_bytes, 40 * 45 * 3);
    assert_int_equal(info->classes, 2);
    image_file *f;
    assert_ok(image_file_create(&f));
    unsigned char *pixels = malloc(info->sample_bytes);
    for (int i = COUNT - 1; i >= 0; i--) {
        encoded_image bytes;
        decoded_image expected;
        image_size size;
        assert_ok(image_file_read(f, test_path(&sources, names[i]), &bytes));
        assert_ok(image_file_decode(f, &bytes, IMAGE_RGB, &expected));
        assert_ok(dataset_read_sized(d, (uint64_t)i, pixels, &size));
        assert_true(size.height == heights[i] && size.width == widths[i]);
        assert_memory_equal(pixels, expected.pixels, (size_t)(3 * size.height * size.width));
    }
    free(pixels);
    image_file_destroy(f);
    dataset_close(d);
}

// Each image counts alike, whatever its size; the same from the shards' attributes and by scanning.
static void mean_and_deviation_are_of_all_images(void **state)
{
    (void)state;
    dataset *d;
    assert_ok(open_shards(&d, "train-*.h5"));
    const dataset_info *info = dataset_get_info(d);
    unsigned char *pixels = malloc(info->sample_bytes);
    double sum[3] = {0}, squares[3] = {0};
    for (uint64_t i = 0; i < COUNT; i++) {
        image_size size;
        assert_ok(dataset_read_sized(d, i, pixels, &size));
        double count = size.height * size.width;
        for (int k = 0; k < 3 * size.height * size.width; k++) {
            sum[k % 3] += pixels[k] / 255.0 / count;
            squares[k % 3] += pixels[k] / 255.0 * pixels[k] / 255.0 / count;
        }
    }
    for (int c = 0; c < 3; c++) {
        double mean = sum[c] / COUNT, deviation = sqrt(squares[c] / COUNT - mean * mean);
        assert_true(fabs(mean - (double)info->mean[c]) < 1e-6);
        assert_true(fabs(deviation - (double)info->deviation[c]) < 1e-6);
    }
    free(pixels);
    dataset_close(d);
}

// The attributes go: the data set is looked at instead.
static void moments_are_found_without_attributes(void **state)
{
    (void)state;
    dataset *d;
    assert_ok(open_shards(&d, "train-*.h5"));
    const dataset_info stored = *dataset_get_info(d);
    dataset_close(d);
    static const char *const files[] = {"train-00000.h5", "train-00001.h5"};
    for (int i = 0; i < 2; i++) {
        hid_t file = H5Fopen(test_path(&shards, files[i]), H5F_ACC_RDWR, H5P_DEFAULT);
        assert_true(H5Adelete(file, "mean") >= 0);
        H5Fclose(file);
    }
    assert_ok(open_shards(&d, "train-*.h5"));
    for (int c = 0; c < 3; c++) {
        assert_true(fabsf(stored.mean[c] - dataset_get_info(d)->mean[c]) < 1e-6f);
        assert_true(fabsf(stored.deviation[c] - dataset_get_info(d)->deviation[c]) < 1e-6f);
    }
    dataset_close(d);
}

// The same samples as another program might write them: in chunks, deflated, of another integer
// type.
static void bytes_and_offsets_may_be_stored_otherwise(void **state)
{
    (void)state;
    uint64_t offsets[5];
    hid_t file = H5Fopen(test_path(&shards, "train-00000.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, SHARD_OFFSETS, H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, offsets) >= 0);
    H5Dclose(set);
    hsize_t size = offsets[4], chunk = 100;
    unsigned char *bytes = malloc(size);
    set = H5Dopen2(file, SHARD_BYTES, H5P_DEFAULT);
    assert_true(H5Dread(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    H5Dclose(set);
    H5Ldelete(file, SHARD_BYTES, H5P_DEFAULT);
    H5Ldelete(file, SHARD_OFFSETS, H5P_DEFAULT);
    hid_t settings = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(1, &size, NULL);
    H5Pset_chunk(settings, 1, &chunk);
    H5Pset_deflate(settings, 1);
    set = H5Dcreate2(file, SHARD_BYTES, H5T_STD_U8LE, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    H5Dclose(set);
    H5Pclose(settings);
    H5Sclose(space);
    H5Fclose(file);
    free(bytes);
    sample_file_add(test_path(&shards, "train-00000.h5"), SHARD_OFFSETS, H5T_STD_I32BE,
                    H5T_NATIVE_UINT64, 5, offsets);
    each_image_has_its_own_pixels_and_size(state);
}

static loader_plan plan_of(const dataset_info *info)
{
    return (loader_plan){.order = {.seed = 7, .count = info->count, .batch = 4},
                         .worker_count = 2,
                         .worker_batch = 2,
                         .view_count = 2,
                         .views = {{0, false}, {1, true}},
                         .step_stride = 1,
                         .step_count = 12};
}

// A second data set and augmenter do by hand what the loader's thread does.
static void a_loader_augments_images_of_any_size(void **state)
{
    (void)state;
    dataset *d, *e;
    augmenter *a, *b;
    loader *l;
    double waited = 0;
    enum { FLOATS = 3 * SIZE * SIZE };
    float expected[FLOATS];
    assert_ok(open_shards(&d, "train-*.h5"));
    assert_ok(open_shards(&e, "train-*.h5"));
    const dataset_info *info = dataset_get_info(d);
    assert_ok(augmenter_create(&a, "moco_v2", info, SIZE));
    assert_ok(augmenter_create(&b, "moco_v2", info, SIZE));
    unsigned char *pixels = malloc(info->sample_bytes);
    loader_plan plan = plan_of(info);
    assert_ok(loader_create(&l, d, a, &plan));
    int before = 0;
    for (uint64_t step = 0; step < plan.step_count; step++) {
        const batch *given = loader_next(l, &waited);
        assert_int_equal(given->status, ST_OK);
        if (step == 2) before = allocation_count(); // the decoders have their memory
        for (int v = 0; v < 2; v++)
            for (size_t row = 0; row < 4; row++) {
                image_size size;
                uint64_t id = given->ids[v][row];
                assert_ok(dataset_read_sized(e, id, pixels, &size));
                augment_apply(b, (view_key){7, (uint32_t)step, id, (uint32_t)v}, pixels, size,
                              expected);
                assert_memory_equal(given->views[v] + row * FLOATS, expected, sizeof expected);
            }
    }
    assert_int_equal(allocation_count(), before);
    loader_destroy(l);
    free(pixels);
    augmenter_destroy(a), augmenter_destroy(b);
    dataset_close(d), dataset_close(e);
}

// An image among others of any size is augmented as in a data set of images of its own size.
static void views_do_not_depend_on_the_other_images(void **state)
{
    (void)state;
    enum { FLOATS = 3 * SIZE * SIZE };
    static const char *const recipes[] = {"none", "moco_v2", "moco_v3"};
    float view[FLOATS], expected[FLOATS];
    dataset *d;
    assert_ok(open_shards(&d, "train-*.h5"));
    const dataset_info *info = dataset_get_info(d);
    unsigned char *pixels = malloc(info->sample_bytes);
    for (uint64_t i = 0; i < (uint64_t)3 * COUNT; i++) {
        const char *recipe = recipes[i / COUNT];
        augmenter *a, *own;
        image_size size;
        assert_ok(dataset_read_sized(d, i % COUNT, pixels, &size));
        dataset_info alone = *info;
        alone.varied = false;
        alone.height = size.height, alone.width = size.width;
        assert_ok(augmenter_create(&a, recipe, info, SIZE));
        assert_ok(augmenter_create(&own, recipe, &alone, SIZE));
        augment_apply(a, (view_key){1, 2, i, 1}, pixels, size, view);
        augment_apply(own, (view_key){1, 2, i, 1}, pixels, size, expected);
        assert_memory_equal(view, expected, sizeof view);
        augmenter_destroy(a), augmenter_destroy(own);
    }
    free(pixels);
    dataset_close(d);
}

// Packs `count` PNG, one a shard, of the given heights and widths.
static void pack_again(int count, const int *sizes)
{
    char name[32];
    assert_int_equal(image_folder_remove(&sources), 0);
    assert_int_equal(test_folder_create(&sources), 0);
    image_folder_class(&sources, "cell");
    for (int i = 0; i < count; i++) {
        snprintf(name, sizeof name, "cell/%d.png", i);
        image_folder_png(&sources, name, sizes[i], sizes[i], 20 * i);
    }
    const char *source = sources.path;
    const pack_job job = {.sources = &source,
                          .source_count = 1,
                          .destination = shards.path,
                          .shard_size = 1,
                          .replace = true,
                          .rank_count = 1};
    pack_result result;
    assert_ok(image_folder_pack(&job, &result, NULL));
}

static void images_of_one_size_need_no_size_of_a_view(void **state)
{
    (void)state;
    dataset *d;
    augmenter *a;
    pack_again(2, (const int[]){16, 16});
    assert_ok(open_shards(&d, "train-*.h5"));
    const dataset_info *info = dataset_get_info(d);
    assert_false(info->varied);
    unsigned char pixels[16 * 16 * 3];
    assert_int_equal(info->sample_bytes, sizeof pixels);
    assert_ok(dataset_read(d, 1, pixels));
    assert_ok(augmenter_create(&a, "moco_small", info, 0));
    assert_true(augmenter_height(a) == 16 && augmenter_width(a) == 16);
    augmenter_destroy(a);
    dataset_close(d);
    pack_again(2, (const int[]){16, 15}); // alike in each shard, but not in all
    assert_ok(open_shards(&d, "train-*.h5"));
    assert_true(dataset_get_info(d)->varied);
    dataset_close(d);
}

// The attributes say 12 x 12, the second image does not.
static void an_image_of_another_size_than_its_shard_says_is_found(void **state)
{
    (void)state;
    dataset *d;
    unsigned char pixels[12 * 12 * 3];
    const int size = 12;
    pack_again(1, (const int[]){10});
    hid_t file = H5Fopen(test_path(&shards, "train-00000.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    static const char *const names_of_sizes[] = {"max_height", "max_width", "min_height",
                                                 "min_width"};
    for (int i = 0; i < 4; i++) {
        hid_t attribute = H5Aopen(file, names_of_sizes[i], H5P_DEFAULT);
        assert_true(H5Awrite(attribute, H5T_NATIVE_INT, &size) >= 0);
        H5Aclose(attribute);
    }
    H5Fclose(file);
    assert_ok(open_shards(&d, "train-00000.h5"));
    assert_fails(dataset_read(d, 0, pixels), ST_BAD_DATA,
                 "has 10 x 10 pixels, but the file says that each has 12 x 12");
    dataset_close(d);
}

static void the_size_of_a_view_is_asked_for(void **state)
{
    (void)state;
    dataset *d;
    augmenter *a;
    assert_ok(open_shards(&d, "train-*.h5"));
    assert_fails(augmenter_create(&a, "moco_v2", dataset_get_info(d), 0), ST_CONFIG,
                 "data.size: the images differ in size, up to 40 x 45 pixels");
    assert_ok(augmenter_create(&a, "none", dataset_get_info(d), 64)); // larger than any
    augmenter_destroy(a);
    dataset_close(d);
}

// Flips one bit of image 2 of the first shard, some way behind its header.
static void damage(void)
{
    size_t size;
    char *file = test_read(test_path(&shards, "train-00000.h5"), &size);
    image_file *f;
    encoded_image bytes;
    assert_ok(image_file_create(&f));
    assert_ok(image_file_read(f, test_path(&sources, names[2]), &bytes));
    char *at = memmem(file, size, bytes.bytes, bytes.size);
    assert_non_null(at);
    at[bytes.size / 2] ^= 8;
    test_write(&shards, "train-00000.h5", file, size);
    image_file_destroy(f);
    free(file);
}

static void a_damaged_image_is_named(void **state)
{
    (void)state;
    dataset *d;
    image_size size;
    damage();
    assert_ok(open_shards(&d, "train-*.h5"));
    void *pixels = malloc(dataset_get_info(d)->sample_bytes);
    assert_ok(dataset_read_sized(d, 1, pixels, &size));
    assert_fails(dataset_read_sized(d, 2, pixels, &size), ST_BAD_DATA,
                 "train-00000.h5: sample 2 is damaged");
    assert_ok(dataset_read_sized(d, 3, pixels, &size));
    free(pixels);
    dataset_close(d);
}

// A shard whose packer has looked at nothing: without checksums, an image cut off.
static void an_image_that_cannot_be_decoded_is_named(void **state)
{
    (void)state;
    dataset *d;
    image_size size;
    hid_t file = H5Fopen(test_path(&shards, "train-00000.h5"), H5F_ACC_RDWR, H5P_DEFAULT);
    uint64_t offsets[5];
    hid_t set = H5Dopen2(file, SHARD_OFFSETS, H5P_DEFAULT);
    H5Dread(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, offsets);
    offsets[1] -= 50; // image 0 ends too early, and image 1 begins with its end
    H5Dwrite(set, H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, offsets);
    H5Dclose(set);
    H5Ldelete(file, SHARD_CRC, H5P_DEFAULT);
    H5Fclose(file);
    assert_ok(open_shards(&d, "train-*.h5"));
    void *pixels = malloc(dataset_get_info(d)->sample_bytes);
    assert_fails(dataset_read_sized(d, 0, pixels, &size), ST_BAD_DATA,
                 "train-00000.h5: sample 0: broken JPEG: ");
    assert_fails(dataset_read_sized(d, 0, pixels, &size), ST_BAD_DATA, "with --bad skip");
    assert_fails(dataset_read_sized(d, 1, pixels, &size), ST_BAD_DATA,
                 "train-00000.h5: sample 1: no JPEG, PNG or TIFF file");
    assert_ok(dataset_read_sized(d, 2, pixels, &size));
    free(pixels);
    dataset_close(d);
}

// Replaces one data set of the first shard by `count` numbers.
static void replace(const char *name, uint64_t count, const uint64_t *values)
{
    const char *path = test_path(&shards, "train-00000.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Ldelete(file, name, H5P_DEFAULT);
    H5Fclose(file);
    if (count > 0) sample_file_add(path, name, H5T_STD_U64LE, H5T_NATIVE_UINT64, count, values);
}

static void assert_refused(const char *why)
{
    dataset *d;
    assert_fails(open_shards(&d, "train-00000.h5"), ST_BAD_DATA, why);
}

static void offsets_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    replace(SHARD_OFFSETS, 5, (uint64_t[]){0, 500, 400, 900, 1000});
    assert_refused("/jpeg_offsets must begin with 0 and grow, but number 2 is 400 after 500");
    replace(SHARD_OFFSETS, 5, (uint64_t[]){1, 500, 600, 900, 1000});
    assert_refused("number 0 is 1 after 0");
    replace(SHARD_OFFSETS, 5, (uint64_t[]){0, 500, 500, 900, 1000});
    assert_refused("number 2 is 500 after 500");
    replace(SHARD_OFFSETS, 5, (uint64_t[]){0, 500, 600, 900, 1000});
    assert_refused("/jpeg_offsets ends with 1000, but /jpeg_bytes holds ");
    replace(SHARD_OFFSETS, 5, (uint64_t[]){0, 500, 600, 900, UINT64_MAX});
    assert_refused("/jpeg_offsets ends with 18446744073709551615, but");
    replace(SHARD_OFFSETS, 1, (uint64_t[]){0});
    assert_refused("one more than there are images");
    replace(SHARD_OFFSETS, 0, NULL);
    assert_refused("\"/jpeg_offsets\"");
}

static void columns_of_another_length_are_refused(void **state)
{
    (void)state;
    replace(SHARD_LABELS, 3, (uint64_t[]){0, 0, 0});
    assert_refused("one label for each is expected");
    replace(SHARD_LABELS, 4, (uint64_t[]){0, 0, 0, 1});
    replace(SHARD_CRC, 5, (uint64_t[]){0, 0, 0, 1, 2});
    assert_refused("/sample_crc32c does not hold one uint32 for each of 4 images");
}

static void describe(const char *name, int value)
{
    const char *path = test_path(&shards, "train-00000.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    H5Adelete(file, name);
    H5Fclose(file);
    sample_file_describe(path, name, H5T_NATIVE_INT, 1, &value);
}

static void wrong_sizes_are_noticed(void **state)
{
    (void)state;
    dataset *d;
    image_size size;
    describe("max_height", 30);
    assert_ok(open_shards(&d, "train-00000.h5"));
    void *pixels = malloc(dataset_get_info(d)->sample_bytes);
    assert_fails(dataset_read_sized(d, 0, pixels, &size), ST_BAD_DATA,
                 "sample 0 has 40 x 20 pixels, but the file says that none has more than 30 x 45");
    free(pixels);
    dataset_close(d);
    describe("max_height", 0);
    assert_refused("the size of the largest image is expected");
    describe("max_height", 1 << 30);
    assert_refused("the size of the largest image is expected");
    describe("max_height", 40);
    describe("channels", 1);
    assert_refused("attribute channels is 1");
}

// Else packing twice would not give the same bytes.
static void a_shard_holds_no_time(void **state)
{
    (void)state;
    static const char *const objects[] = {"/", SHARD_BYTES, SHARD_OFFSETS, SHARD_LABELS, SHARD_CRC};
    hid_t file = H5Fopen(test_path(&shards, "train-00000.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++) {
        H5O_info_t about;
        assert_true(H5Oget_info_by_name(file, objects[i], &about, H5P_DEFAULT) >= 0);
        assert_int_equal(about.mtime, 0);
    }
    H5Fclose(file);
}

static void encoded_and_plain_shards_do_not_mix(void **state)
{
    (void)state;
    dataset *d;
    sample_file f = sample_file_shard(test_path(&shards, "train-plain.h5"), 0, 4);
    sample_file_write(&f);
    assert_fails(open_shards(&d, "train-*.h5"), ST_BAD_DATA, "files of one data set must be alike");
    dataset_source source = {.files = test_path(&shards, "train-00000.h5"),
                             .images = "/images",
                             .labels = "/labels",
                             .axes = "NCHW"};
    assert_fails(dataset_open(&d, &source), ST_CONFIG, "whose axes are \"NHWC\"");
}

#define test_with_shards(name) cmocka_unit_test_setup_teardown(name, make_shards, remove_folders)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test_with_shards(each_image_has_its_own_pixels_and_size),
        test_with_shards(mean_and_deviation_are_of_all_images),
        test_with_shards(moments_are_found_without_attributes),
        test_with_shards(bytes_and_offsets_may_be_stored_otherwise),
        test_with_shards(a_loader_augments_images_of_any_size),
        test_with_shards(views_do_not_depend_on_the_other_images),
        test_with_shards(the_size_of_a_view_is_asked_for),
        test_with_shards(images_of_one_size_need_no_size_of_a_view),
        test_with_shards(an_image_of_another_size_than_its_shard_says_is_found),
        test_with_shards(a_damaged_image_is_named),
        test_with_shards(an_image_that_cannot_be_decoded_is_named),
        test_with_shards(offsets_that_make_no_sense_are_refused),
        test_with_shards(columns_of_another_length_are_refused),
        test_with_shards(wrong_sizes_are_noticed),
        test_with_shards(a_shard_holds_no_time),
        test_with_shards(encoded_and_plain_shards_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
