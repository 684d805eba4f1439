// Codes come back from the file entry by entry, and nothing is left of a file that was given up.
#include "tests/check.h"

#include "io/shards/code_writer.h"
#include "io/packing/file_kind.h"
#include "tests/io/group_folder.h"

#include <hdf5.h>
#include <stdlib.h>

#define SAMPLES 4
#define MANY    100000 // more than a block

static const float atoms[8 * 2 * 5 * 5] = {[0] = 3, [399] = 7}, moments[2] = {0.5f, 0.25f};
static const code_result result = {1.5f, 0.5f};
static const code_origin origin = {.atoms = 8,
                                   .height = 200,
                                   .width = 100,
                                   .kernel = 5,
                                   .channels = 2,
                                   .view_height = 200,
                                   .view_width = 100,
                                   .margin = 2,
                                   .recipe = "scaled",
                                   .dictionary = atoms,
                                   .mean = moments,
                                   .deviation = moments,
                                   .range = {0, 1},
                                   .lambda = 0.25,
                                   .border = "same",
                                   .lambda_unit = "relative",
                                   .run = "runs/a",
                                   .checkpoint_hash = 0x123456789abcdefu};
static const size_t counts[SAMPLES] = {3, 0, MANY, 1};

static code_entry entry_of(size_t sample, size_t i)
{
    return (code_entry){(int32_t)(i + sample), (float)i - 0.5f};
}

static void write_codes(const char *path)
{
    code_writer *w = NULL;
    code_entry *entries = malloc(MANY * sizeof *entries);
    assert_non_null(entries);
    assert_ok(code_writer_open(&w, path, &origin, SAMPLES));
    for (size_t n = 0; n < SAMPLES; n++) {
        for (size_t i = 0; i < counts[n]; i++)
            entries[i] = entry_of(n, i);
        assert_ok(code_writer_add(w, entries, counts[n], &result));
    }
    assert_ok(code_writer_close(w));
    free(entries);
}

// The whole data set, to be freed; its length is checked.
static void *read_column(hid_t file, const char *name, hid_t type, size_t count)
{
    void *values = calloc(count + 1, 8);
    hid_t column = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(column);
    assert_non_null(values);
    assert_int_equal(H5Sget_simple_extent_npoints(space), count);
    assert_true(H5Dread(column, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
    H5Sclose(space);
    H5Dclose(column);
    return values;
}

static double read_number(hid_t file, const char *name)
{
    double value = 0;
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT);
    assert_true(H5Aread(attribute, H5T_NATIVE_DOUBLE, &value) >= 0);
    H5Aclose(attribute);
    return value;
}

static void read_text(hid_t file, const char *name, char text[32])
{
    hid_t attribute = H5Aopen(file, name, H5P_DEFAULT), type = H5Aget_type(attribute);
    assert_in_range(H5Tget_size(type), 1, 32);
    assert_true(H5Aread(attribute, type, text) >= 0);
    H5Tclose(type);
    H5Aclose(attribute);
}

static void codes_come_back_sample_by_sample(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "codes.h5");
    write_codes(path);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    size_t all = counts[0] + counts[1] + counts[2] + counts[3];
    uint64_t *offsets = read_column(file, "row_offsets", H5T_NATIVE_UINT64, SAMPLES + 1);
    int32_t *index = read_column(file, "index", H5T_NATIVE_INT32, all);
    float *value = read_column(file, "value", H5T_NATIVE_FLOAT, all);
    assert_int_equal(offsets[0], 0);
    for (size_t n = 0; n < SAMPLES; n++) {
        assert_int_equal(offsets[n + 1] - offsets[n], counts[n]);
        for (size_t i = 0; i < counts[n]; i++) {
            assert_int_equal(index[offsets[n] + i], entry_of(n, i).index);
            assert_true(value[offsets[n] + i] == entry_of(n, i).value);
        }
    }
    free(offsets);
    free(index);
    free(value);
    H5Fclose(file);
}

static void the_file_says_where_its_codes_come_from(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "origin.h5");
    write_codes(path);
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    char text[32];
    assert_true(read_number(file, "atoms") == 8);
    assert_true(read_number(file, "height") == 200);
    assert_true(read_number(file, "width") == 100);
    assert_true(read_number(file, "kernel") == 5);
    assert_true(read_number(file, "lambda") == 0.25);
    assert_true(read_number(file, "view_width") == 100);
    assert_true(read_number(file, "margin") == 2);
    float *stored = read_column(file, "dictionary", H5T_NATIVE_FLOAT, 8 * 2 * 5 * 5);
    assert_memory_equal(stored, atoms, sizeof atoms);
    free(stored);
    stored = read_column(file, "reconstruction", H5T_NATIVE_FLOAT, SAMPLES);
    assert_true(stored[SAMPLES - 1] == result.reconstruction);
    free(stored);
    read_text(file, "recipe", text);
    assert_string_equal(text, "scaled");
    read_text(file, "border", text);
    assert_string_equal(text, "same");
    read_text(file, "run", text);
    assert_string_equal(text, "runs/a");
    read_text(file, "checkpoint", text);
    assert_string_equal(text, "0123456789abcdef");
    H5Fclose(file);
    file_kind kind;
    assert_ok(file_kind_find(path, &kind));
    assert_int_equal(kind, FILE_CODES);
}

static void equal_codes_give_equal_files(void **state)
{
    (void)state;
    size_t first_size = 0, second_size = 0;
    write_codes(test_path(&folder, "first.h5"));
    write_codes(test_path(&folder, "second.h5"));
    char *first = test_read(test_path(&folder, "first.h5"), &first_size);
    char *second = test_read(test_path(&folder, "second.h5"), &second_size);
    assert_int_equal(first_size, second_size);
    assert_memory_equal(first, second, first_size);
    free(first);
    free(second);
}

static void codes_of_only_zeros_make_a_file(void **state)
{
    (void)state;
    code_writer *w = NULL;
    const char *path = test_path(&folder, "zeros.h5");
    assert_ok(code_writer_open(&w, path, &origin, 1));
    assert_ok(code_writer_add(w, NULL, 0, &result));
    assert_ok(code_writer_close(w));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    free(read_column(file, "index", H5T_NATIVE_INT32, 0));
    H5Fclose(file);
}

static void nothing_is_left_of_a_file_given_up(void **state)
{
    (void)state;
    int files = test_count(&folder);
    code_writer *w = NULL;
    assert_ok(code_writer_open(&w, test_path(&folder, "never.h5"), &origin, 2));
    assert_ok(code_writer_add(w, &(code_entry){1, 2.0f}, 1, &result));
    code_writer_abandon(w);
    assert_int_equal(test_count(&folder), files);
    assert_fails(code_writer_open(&w, test_path(&folder, "no/never.h5"), &origin, 2), ST_IO,
                 "no/never.h5");
    assert_null(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_come_back_sample_by_sample),
        cmocka_unit_test(the_file_says_where_its_codes_come_from),
        cmocka_unit_test(equal_codes_give_equal_files),
        cmocka_unit_test(codes_of_only_zeros_make_a_file),
        cmocka_unit_test(nothing_is_left_of_a_file_given_up),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
