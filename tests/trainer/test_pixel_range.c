// Which stored values count as 0 and 1: from the job, from the data, and what a recipe would cut
// off.
#include "tests/check.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include "trainer/streams/pixel_range.h"
#include "trainer/streams/view_statistics.h"

#include <math.h>

// 40 images of whole numbers 0 .. 250, of this type.
static const char *write_images(hid_t type)
{
    sample_file f = sample_file_initial(test_path(&folder, "a.h5"), 40);
    f.height = f.width = 16;
    f.type = type;
    sample_file_write(&f);
    return f.path;
}

static void open_job(job *j, const char *range, const char *recipe)
{
    char text[1024];
    snprintf(text, sizeof text, "run: r\nbatch: 4\ndata: {train: %s, augment: %s, range: '%s'}\n",
             test_path(&folder, "a.h5"), recipe, range);
    assert_ok(job_parse(j, text, "job.yaml"));
}

static status choose(const char *range, const char *recipe, float *low, float *high)
{
    job j;
    dataset *data;
    open_job(&j, range, recipe);
    dataset_source source = job_source(&j, j.data.train);
    assert_ok(dataset_open(&data, &source));
    status s = pixel_range_choose(&j, data, low, high);
    dataset_close(data);
    job_destroy(&j);
    return s;
}

static void expect(const char *range, const char *recipe, double low, double high)
{
    float found[2] = {-1, -1};
    assert_ok(choose(range, recipe, &found[0], &found[1]));
    assert_true(fabs((double)found[0] - low) < 1e-6 * fabs(high));
    assert_true(fabs((double)found[1] - high) < 1e-6 * fabs(high));
}

static void floats_that_a_recipe_would_cut_off_are_asked_about(void **state)
{
    (void)state;
    float low, high;
    write_images(H5T_IEEE_F32LE);
    assert_fails(choose("auto", "moco_small", &low, &high), ST_CONFIG, "say data.range=0,250");
    assert_fails(choose("0,200", "moco_v3", &low, &high), ST_CONFIG, "outside 0 .. 200");
    expect("0,250", "moco_small", 0, 250);
    expect("-10,260", "moco_small", -10, 260);
    expect("auto", "intensity", 0, 1); // cuts nothing off
    expect("0,200", "crop_flip", 0, 200);
}

static void a_range_may_come_from_the_data(void **state)
{
    (void)state;
    float low, high;
    write_images(H5T_IEEE_F32LE);
    expect("data", "moco_small", 0, 250);
    expect("percentile", "moco_small", 0, 250); // a thousandth of 251 values is less than one
    assert_ok(choose("percentile:10", "crop_flip", &low, &high));
    assert_true(fabsf(low - 25) <= 2 && fabsf(high - 225) <= 2);
    assert_fails(choose("percentile:10", "moco_small", &low, &high), ST_CONFIG, "which 1");
}

static void integers_have_the_range_of_their_type_or_of_the_data(void **state)
{
    (void)state;
    float low, high;
    write_images(H5T_STD_U8LE);
    expect("auto", "moco_small", 0, 1);
    expect("0,250", "moco_small", 0, 250 / 255.0);
    assert_fails(choose("100,120", "moco_small", &low, &high), ST_CONFIG, "outside 100 .. 120");
    write_images(H5T_STD_U16BE);
    expect("auto", "moco_small", 0, 1);
    expect("data", "moco_small", 0, 250 / 65535.0);
}

static void integers_of_other_types_too(void **state)
{
    (void)state;
    float low, high;
    write_images(H5T_STD_I16LE);
    expect("auto", "moco_small", INT16_MIN, INT16_MAX);
    expect("0,250", "moco_small", 0, 250);
    assert_fails(choose("100,120", "moco_small", &low, &high), ST_CONFIG, "outside 100 .. 120");
    write_images(H5T_STD_I64LE); // no data fill its range
    expect("auto", "moco_small", 0, 250);
    expect("auto", "crop_flip", 0, 250);
    expect("-10,260", "moco_small", -10, 260);
    write_images(H5T_IEEE_F64LE);
    assert_fails(choose("auto", "moco_small", &low, &high), ST_CONFIG, "say data.range=0,250");
}

// All pixels of the view of image 3 that an evaluation shows.
static void show(const char *range, float view[3 * 16 * 16])
{
    job j;
    dataset *data;
    augmenter *a;
    float pixels[3 * 16 * 16];
    view_statistics statistics;
    open_job(&j, range, "moco_small");
    dataset_source source = job_source(&j, j.data.train);
    assert_ok(dataset_open(&data, &source));
    assert_ok(view_statistics_learn(&statistics, &j, data));
    assert_ok(views_create(&a, j.data.augment, &j, dataset_get_info(data), &statistics));
    assert_ok(dataset_read(data, 3, pixels));
    augmenter_take(a, pixels, (image_size){16, 16});
    augmenter_view(a, 1, 2, 3, 0, view);
    augmenter_destroy(a);
    view_statistics_destroy(&statistics);
    dataset_close(data);
    job_destroy(&j);
}

// Floats 0 .. 250 with their range give the views of the same images in 8 bits with theirs.
static void views_are_those_of_the_range(void **state)
{
    (void)state;
    float bytes[3 * 16 * 16], reals[3 * 16 * 16], shifted[3 * 16 * 16], whole[3 * 16 * 16];
    write_images(H5T_STD_U8LE);
    show("0,250", bytes);
    write_images(H5T_IEEE_F32LE);
    show("data", reals);
    show("-250,500", shifted);
    write_images(H5T_STD_I32BE);
    show("auto", whole);
    float largest = 0, other = 0;
    for (int i = 0; i < 3 * 16 * 16; i++) {
        largest = fmaxf(largest, fabsf(bytes[i] - reals[i]));
        assert_true(whole[i] == reals[i]);
        other = fmaxf(other, fabsf(bytes[i] - shifted[i]));
    }
    assert_true(largest < 1e-4f);
    assert_true(other > 0.01f); // colours change otherwise in another range
}

static void a_range_that_is_none_is_refused_at_its_place(void **state)
{
    (void)state;
    static const char *const wrong[] = {"1",   "2,1", "0,0",           "0,nan",        "0,1,2",
                                        "all", "",    "percentile:50", "percentile:x", "0,1e999"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[256];
        job j;
        snprintf(text, sizeof text, "run: r\ndata: {train: a.h5, range: '%s'}\n", wrong[i]);
        assert_fails(job_parse(&j, text, "job.yaml"), ST_CONFIG, "job.yaml:2:");
        job_destroy(&j);
    }
}

static void pixels_that_are_all_equal_have_no_range(void **state)
{
    (void)state;
    float low, high;
    sample_file f = sample_file_initial(test_path(&folder, "a.h5"), 1);
    f.height = f.width = f.channels = 1;
    f.type = H5T_IEEE_F32LE;
    f.axes = "NHWC";
    sample_file_write(&f);
    job j;
    dataset *data;
    char text[512];
    snprintf(text, sizeof text,
             "run: r\nbatch: 1\ndata: {train: %s, augment: crop_flip, range: data, axes: NHWC}\n",
             f.path);
    assert_ok(job_parse(&j, text, "job.yaml"));
    dataset_source source = job_source(&j, j.data.train);
    assert_ok(dataset_open(&data, &source));
    assert_fails(pixel_range_choose(&j, data, &low, &high), ST_BAD_DATA, "they have no range");
    dataset_close(data);
    job_destroy(&j);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(floats_that_a_recipe_would_cut_off_are_asked_about),
        cmocka_unit_test(a_range_may_come_from_the_data),
        cmocka_unit_test(integers_have_the_range_of_their_type_or_of_the_data),
        cmocka_unit_test(integers_of_other_types_too),
        cmocka_unit_test(views_are_those_of_the_range),
        cmocka_unit_test(a_range_that_is_none_is_refused_at_its_place),
        cmocka_unit_test(pixels_that_are_all_equal_have_no_range),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
