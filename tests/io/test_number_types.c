// Numbers that are no pixel_type are read as floats, whatever their layout; NaN by the rule of the
// source.
#include "tests/check.h"
#include "tests/io/group_folder.h"

#include "io/shards/dataset.h"

#include <hdf5.h>
#include <math.h>

enum { SAMPLES = 7, SIDE = 6, PIXELS = SIDE * SIDE, VALUES = 6 };

typedef struct kind {
    const char *name;
    hid_t little, big;
    double values[VALUES]; // that the type holds exactly, and the least and largest
} kind;

static hid_t half_type(H5T_order_t order)
{
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    H5Tset_order(type, order);
    return type;
}

enum { KIND_COUNT = 8 };

static void list_kinds(kind kinds[KIND_COUNT])
{
    const kind all[KIND_COUNT] = {
        {"int8", H5T_STD_I8LE, H5T_STD_I8BE, {0, 1, -1, -128, 127, 64}},
        {"int16", H5T_STD_I16LE, H5T_STD_I16BE, {0, 1, -2, -32768, 32767, 258}},
        {"int32", H5T_STD_I32LE, H5T_STD_I32BE, {0, 1, -2, -0x1p31, 0x1p30, 66051}},
        {"int64", H5T_STD_I64LE, H5T_STD_I64BE, {0, 1, -2, -0x1p63, 0x1p62, 66051}},
        {"uint32", H5T_STD_U32LE, H5T_STD_U32BE, {0, 1, 0x1p31, 0xffffff00, 258, 66051}},
        {"uint64", H5T_STD_U64LE, H5T_STD_U64BE, {0, 1, 0x1p63, 0x1p40, 258, 66051}},
        {"float16",
         half_type(H5T_ORDER_LE),
         half_type(H5T_ORDER_BE),
         {0, 1, -65504, 0x1p-24, -0x1.554p-2, 0x1p-14}},
        {"float64", H5T_IEEE_F64LE, H5T_IEEE_F64BE, {0, 1, -0x1p100, 0x1p-100, -0.5, 3}}};
    memcpy(kinds, all, sizeof all);
}

static double value_of(const kind *k, int at)
{
    return k->values[(at * 5 + at / VALUES) % VALUES];
}

// (N, H, W), or (H, W, N) behind shuffle and deflate: in one piece, decoded here, or by HDF5.
typedef struct layout {
    const char *axes;
    bool chunked;
} layout;

static const char *write_file(const kind *k, hid_t type, const layout *l)
{
    static double values[SAMPLES * PIXELS];
    const char *path = test_path(&folder, "numbers.h5");
    bool last = strcmp(l->axes, "HWN") == 0;
    for (int n = 0; n < SAMPLES; n++)
        for (int i = 0; i < PIXELS; i++)
            values[last ? i * SAMPLES + n : n * PIXELS + i] = value_of(k, n * PIXELS + i);
    const hsize_t first[3] = {SAMPLES, SIDE, SIDE}, other[3] = {SIDE, SIDE, SAMPLES};
    const hsize_t chunk[3] = {2, SIDE, SIDE}, other_chunk[3] = {SIDE, SIDE, 2};
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t settings = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(3, last ? other : first, NULL);
    if (l->chunked) {
        H5Pset_chunk(settings, 3, last ? other_chunk : chunk);
        H5Pset_shuffle(settings);
        H5Pset_deflate(settings, 1);
    }
    hid_t set = H5Dcreate2(file, "images", type, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(settings);
    H5Fclose(file);
    return path;
}

static dataset *open_file(const char *path, const char *axes, nan_rule nan)
{
    dataset *d;
    dataset_source source = {
        .files = path, .images = "/images", .labels = "", .axes = axes, .nan = nan};
    assert_ok(dataset_open(&d, &source));
    return d;
}

static void check_file(const kind *k, hid_t type, const layout *l)
{
    float pixels[PIXELS];
    dataset *d = open_file(write_file(k, type, l), l->axes, NAN_REFUSE);
    const dataset_info *info = dataset_get_info(d);
    assert_int_equal(info->type, PIXEL_F32);
    assert_string_equal(pixel_type_name(info->type, info->kind), k->name);
    for (int n = SAMPLES - 1; n >= 0; n--) {
        assert_ok(dataset_read(d, (uint64_t)n, pixels));
        for (int i = 0; i < PIXELS; i++)
            if (pixels[i] != (float)value_of(k, n * PIXELS + i))
                fail_msg("%s %s: pixel %d of %d is %g", k->name, l->axes, i, n, (double)pixels[i]);
    }
    dataset_close(d);
}

static void every_number_is_read_as_a_float(void **state)
{
    (void)state;
    static const layout layouts[] = {{"NHW", false}, {"NHW", true}, {"HWN", false}, {"HWN", true}};
    kind kinds[KIND_COUNT];
    list_kinds(kinds);
    for (int k = 0; k < KIND_COUNT; k++)
        for (size_t l = 0; l < sizeof layouts / sizeof *layouts; l++) {
            check_file(&kinds[k], kinds[k].little, &layouts[l]);
            check_file(&kinds[k], kinds[k].big, &layouts[l]);
        }
}

// 3 images of 6 x 6 bytes 0 and 1 as this type.
static void write_bytes(const char *path, hid_t type)
{
    const hsize_t dims[3] = {3, SIDE, SIDE};
    unsigned char bytes[3 * PIXELS];
    for (int i = 0; i < 3 * PIXELS; i++)
        bytes[i] = i % 3 == 1;
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(3, dims, NULL);
    hid_t set = H5Dcreate2(file, "images", type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
}

// As h5py writes it; with a value more it is no bool.
static hid_t enum_type(bool third)
{
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    const signed char no = 0, yes = 1, maybe = 2;
    H5Tenum_insert(type, "FALSE", &no);
    H5Tenum_insert(type, "TRUE", &yes);
    if (third) H5Tenum_insert(type, "MAYBE", &maybe);
    return type;
}

static void bool_is_0_and_1(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "bool.h5");
    hid_t types[] = {enum_type(false), H5Tcopy(H5T_STD_B8LE)};
    for (int t = 0; t < 2; t++) {
        float pixels[PIXELS];
        write_bytes(path, types[t]);
        dataset *d = open_file(path, "auto", NAN_REFUSE);
        assert_string_equal(pixel_type_name(PIXEL_F32, dataset_get_info(d)->kind), "bool");
        assert_ok(dataset_read(d, 2, pixels));
        for (int i = 0; i < PIXELS; i++)
            assert_true(pixels[i] == (i % 3 == 1 ? 1.0f : 0.0f));
        dataset_close(d);
        H5Tclose(types[t]);
    }
    hid_t other = enum_type(true);
    write_bytes(path, other);
    H5Tclose(other);
    dataset *d;
    dataset_source source = {.files = path, .images = "/images", .labels = "", .axes = "auto"};
    assert_fails(dataset_open(&d, &source), ST_BAD_DATA, "integers of 8 to 64 bits");
}

// 4 images of 6 x 6 doubles 1 .. 4; of image 2 every second pixel is `odd`.
static const char *write_odd(double odd)
{
    const char *path = test_path(&folder, "odd.h5");
    const hsize_t dims[3] = {4, SIDE, SIDE};
    double values[4 * PIXELS];
    for (int i = 0; i < 4 * PIXELS; i++)
        values[i] = i / PIXELS == 2 && i % 2 == 1 ? odd : 1 + i / PIXELS;
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Screate_simple(3, dims, NULL);
    hid_t set =
        H5Dcreate2(file, "images", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
    H5Fclose(file);
    return path;
}

// Pixel 1 of image 2, which is NaN.
static float odd_pixel(dataset *d)
{
    float pixels[PIXELS];
    assert_ok(dataset_read(d, 2, pixels));
    assert_true(pixels[0] == 3);
    return pixels[1];
}

static void nan_is_zero_or_the_mean_of_what_is_there(void **state)
{
    (void)state;
    const char *path = write_odd((double)NAN);
    dataset *d = open_file(path, "NHW", NAN_ZERO);
    const dataset_info *info = dataset_get_info(d);
    assert_int_equal(info->nan_pixels, PIXELS / 2);
    assert_int_equal(info->nan_samples, 1);
    assert_int_equal(info->looked_at, 4);
    assert_true(fabsf(info->mean[0] - (1 + 2 + 1.5f + 4) / 4) < 1e-6f);
    assert_true(odd_pixel(d) == 0);
    dataset_close(d);
    d = open_file(path, "NHW", NAN_MEAN);
    info = dataset_get_info(d);
    assert_true(fabsf(info->mean[0] - (1 + 2 + 1.5f + 4) / 3.5f) < 1e-6f);
    assert_true(odd_pixel(d) == info->mean[0]);
    const float of_training = -7;
    dataset_fill_nan(d, &of_training);
    assert_true(odd_pixel(d) == -7);
    assert_int_equal(info->nan_pixels, PIXELS / 2); // counted once
    dataset_close(d);
}

static void nan_without_a_rule_and_infinity_are_refused(void **state)
{
    (void)state;
    dataset *d;
    dataset_source source = {
        .files = write_odd((double)NAN), .images = "/images", .labels = "", .axes = "NHW"};
    assert_fails(dataset_open(&d, &source), ST_BAD_DATA, "odd.h5: sample 2 holds NaN: replace");
    source.nan = NAN_ZERO;
    write_odd((double)INFINITY);
    assert_fails(dataset_open(&d, &source), ST_BAD_DATA, "sample 2 holds infinite values");
    write_odd(1e300);
    assert_fails(dataset_open(&d, &source), ST_BAD_DATA, "numbers that no float32 holds");
}

static void files_of_other_numbers_disagree(void **state)
{
    (void)state;
    kind kinds[KIND_COUNT];
    list_kinds(kinds);
    const layout plain = {"NHW", false};
    write_file(&kinds[1], H5T_STD_I16LE, &plain);
    assert_int_equal(rename(test_path(&folder, "numbers.h5"), test_path(&folder, "other.h5")), 0);
    write_file(&kinds[1], H5T_STD_I32LE, &plain);
    dataset *d;
    char files[4096];
    snprintf(files, sizeof files, "%s,%s", test_path(&folder, "numbers.h5"),
             test_path(&folder, "other.h5"));
    dataset_source source = {.files = files, .images = "/images", .labels = "", .axes = "NHW"};
    assert_fails(dataset_open(&d, &source), ST_BAD_DATA, "holds int32 images");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_read_as_a_float),
        cmocka_unit_test(bool_is_0_and_1),
        cmocka_unit_test(nan_is_zero_or_the_mean_of_what_is_there),
        cmocka_unit_test(nan_without_a_rule_and_infinity_are_refused),
        cmocka_unit_test(files_of_other_numbers_disagree),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
