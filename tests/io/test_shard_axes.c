// What the sizes of an array are taken for: letters in any case, missing axes, and arrays that make
// hardly an image one way.
#include "tests/check.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include "io/shards/dataset.h"

static sample_file images_as(const char *axes, uint64_t count, uint64_t side, uint64_t channels)
{
    sample_file f = sample_file_initial(test_path(&folder, "a.h5"), count);
    f.axes = axes;
    f.height = side, f.width = side + 1, f.channels = channels;
    return f;
}

static status open_as(dataset **d, const sample_file *f, const char *axes)
{
    return dataset_open(
        d, &(dataset_source){.files = f->path, .images = "/images", .labels = "", .axes = axes});
}

// Every pixel of the file, whose sample i is sample i of the formula.
static void expect_pixels(const sample_file *f, const char *axes, const char *taken_for)
{
    dataset *d;
    assert_ok(open_as(&d, f, axes));
    const dataset_info *info = dataset_get_info(d);
    assert_int_equal(info->count, f->count);
    assert_true(info->height == (int)f->height && info->width == (int)f->width &&
                info->channels == (int)f->channels);
    assert_string_equal(info->axes, taken_for);
    assert_null(info->likely_axes);
    unsigned char pixels[16 * 17 * 4];
    assert_true(info->sample_bytes <= sizeof pixels);
    for (uint64_t i = 0; i < f->count; i++) {
        assert_ok(dataset_read(d, i, pixels));
        const unsigned char *next = pixels;
        for (uint64_t h = 0; h < f->height; h++)
            for (uint64_t w = 0; w < f->width; w++)
                for (uint64_t c = 0; c < f->channels; c++)
                    assert_int_equal(*next++, (int)sample_value(i, h, w, c));
    }
    dataset_close(d);
}

static void axes_may_be_small_letters_missing_or_left_open(void **state)
{
    (void)state;
    static const struct {
        const char *stored, *given, *taken_for;
        uint64_t count, channels;
    } cases[] = {{"NHWC", "auto", "NHWC", 4, 3}, {"NHWC", "", "NHWC", 4, 4},
                 {"NCHW", "nchw", "NCHW", 4, 3}, {"NHWC", "Nhwc", "NHWC", 4, 1},
                 {"NHW", "auto", "NHW", 4, 1},   {"HW", "auto", "HW", 1, 1},
                 {"HW", "hw", "HW", 1, 1},       {"HWC", "hwc", "HWC", 1, 3},
                 {"CHW", "chw", "CHW", 1, 3},    {"WHC", "whc", "WHC", 1, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample_file f = images_as(cases[i].stored, cases[i].count, 8, cases[i].channels);
        sample_file_write(&f);
        expect_pixels(&f, cases[i].given, cases[i].taken_for);
        for (int axis = 0; axis < 4; axis++)
            f.chunk[axis] = strlen(f.axes) > (size_t)axis ? 1 : 0; // read through HDF5
        sample_file_write(&f);
        expect_pixels(&f, cases[i].given, cases[i].taken_for);
        f.chunk[0] = f.chunk[1] = f.chunk[2] = f.chunk[3] = 0;
    }
}

// One whole image a chunk is decoded here, not by HDF5.
static void a_compressed_single_image_is_read(void **state)
{
    (void)state;
    sample_file f = images_as("HWC", 1, 8, 3);
    f.chunk[0] = 8, f.chunk[1] = 9, f.chunk[2] = 3;
    f.gzip = 1;
    sample_file_write(&f);
    expect_pixels(&f, "HWC", "HWC");
}

static void an_unlikely_order_is_asked_about(void **state)
{
    (void)state;
    dataset *d;
    static const struct {
        const char *stored, *likely;
        uint64_t count, side, channels;
    } cases[] = {{"NCHW", "data.axes=NCHW would make 6 of 8 x 9 with 1", 6, 8, 1},
                 {"NCHW", "data.axes=NCHW would make 6 of 8 x 9 with 3", 6, 8, 3},
                 {"HWC", "data.axes=HWC would make 1 of 8 x 9 with 3", 1, 8, 3},
                 {"HWCN", "data.axes=HWCN would make 7 of 8 x 9 with 3", 7, 8, 3},
                 {"NHWC", "if it is, say data.axes=NHWC", 6, 4, 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sample_file f =
            images_as(cases[i].stored, cases[i].count, cases[i].side, cases[i].channels);
        sample_file_write(&f);
        assert_fails(open_as(&d, &f, "auto"), ST_CONFIG, cases[i].likely);
        assert_ok(open_as(&d, &f, cases[i].stored)); // who says so has it
        dataset_close(d);
    }
}

static void a_given_order_that_is_unlikely_is_noted(void **state)
{
    (void)state;
    dataset *d;
    sample_file f = images_as("NCHW", 6, 8, 1);
    sample_file_write(&f);
    assert_ok(open_as(&d, &f, "NHWC"));
    assert_string_equal(dataset_get_info(d)->likely_axes, "NCHW");
    dataset_close(d);
}

// Codes of another run have many channels and few rows; their shard says what they are.
static void a_shard_that_names_its_order_is_not_asked_about(void **state)
{
    (void)state;
    dataset *d;
    sample_file f = images_as("NHWC", 6, 4, 8);
    sample_file_write(&f);
    static const char *const texts[][2] = {{"format", "basin-shard"}, {"layout", "NHWC"}};
    for (int i = 0; i < 2; i++) {
        hid_t type = H5Tcopy(H5T_C_S1);
        H5Tset_size(type, strlen(texts[i][1]) + 1);
        sample_file_describe(f.path, texts[i][0], type, 1, texts[i][1]);
        H5Tclose(type);
    }
    const int version = 1;
    sample_file_describe(f.path, "format_version", H5T_NATIVE_INT, 1, &version);
    assert_ok(open_as(&d, &f, "auto"));
    dataset_close(d);
}

static void letters_that_are_no_order_are_refused(void **state)
{
    (void)state;
    dataset *d;
    sample_file f = images_as("NHWC", 4, 8, 3);
    sample_file_write(&f);
    static const char *const wrong[] = {"NHWW", "NHWX", "NWC", "NHWCC", "N", "NCH"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(open_as(&d, &f, wrong[i]), ST_CONFIG, "an order of the four letters NHWC");
    assert_fails(open_as(&d, &f, "NHW"), ST_BAD_DATA,
                 "does not fit axes \"NHW\" (4 sizes); data.axes=NHWC");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(axes_may_be_small_letters_missing_or_left_open),
        cmocka_unit_test(a_compressed_single_image_is_read),
        cmocka_unit_test(an_unlikely_order_is_asked_about),
        cmocka_unit_test(a_given_order_that_is_unlikely_is_noted),
        cmocka_unit_test(a_shard_that_names_its_order_is_not_asked_about),
        cmocka_unit_test(letters_that_are_no_order_are_refused),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
