// What an attribute holds is read only where it fits.
#include "tests/check.h"

#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/checkpoint_format.h"
#include "io/files/hdf5_attribute.h"
#include "io/files/hdf5_lock.h"
#include "io/files/seal.h"
#include "tests/io/group_folder.h"

#include <hdf5.h>
#include <stdlib.h>

#define GUARD 0x5a5a5a5a5a5a5a5aLL

static hid_t file = -1;

static int make_file(void **state)
{
    (void)state;
    file = H5Fcreate(test_path(&folder, "attributes.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    return file >= 0 ? 0 : -1;
}

static int close_file(void **state)
{
    (void)state;
    return H5Fclose(file) >= 0 ? 0 : -1;
}

static void add(hid_t object, const char *name, hid_t type, hid_t space, const void *values)
{
    hid_t attribute = H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    if (values != NULL) assert_true(H5Awrite(attribute, type, values) >= 0);
    H5Aclose(attribute);
    H5Sclose(space);
}

static hid_t array_of(hsize_t count)
{
    return H5Screate_simple(1, &count, NULL);
}

// Reads one int64 of the name into the middle of three.
static bool read_one(const char *name, int64_t *value)
{
    int64_t values[3] = {GUARD, GUARD, GUARD};
    bool found;
    assert_ok(hdf5_read_numbers(file, "f", &(hdf5_numbers){name, 1, H5T_NATIVE_INT64, &values[1]},
                                &found));
    assert_true(values[0] == GUARD && values[2] == GUARD);
    assert_true(found || values[1] == GUARD);
    *value = values[1];
    return found;
}

static void one_number_is_one_number(void **state)
{
    (void)state;
    static const int64_t many[4096] = {7};
    const hsize_t square[2] = {1, 1};
    const double real = 7;
    const int32_t narrow = -7;
    int64_t value;
    add(file, "one", H5T_NATIVE_INT64, H5Screate(H5S_SCALAR), many);
    add(file, "array of one", H5T_NATIVE_INT64, array_of(1), many);
    add(file, "narrow", H5T_NATIVE_INT32, array_of(1), &narrow);
    add(file, "many", H5T_NATIVE_INT64, array_of(4096), many);
    add(file, "square", H5T_NATIVE_INT64, H5Screate_simple(2, square, NULL), many);
    add(file, "nothing", H5T_NATIVE_INT64, H5Screate(H5S_NULL), NULL);
    add(file, "real", H5T_NATIVE_DOUBLE, H5Screate(H5S_SCALAR), &real);
    assert_true(read_one("one", &value) && value == 7);
    assert_true(read_one("array of one", &value) && value == 7);
    assert_true(read_one("narrow", &value) && value == -7);
    const char *others[] = {"many", "square", "nothing", "real", "absent"};
    for (int i = 0; i < 5; i++)
        assert_false(read_one(others[i], &value));
}

static void arrays_have_their_length(void **state)
{
    (void)state;
    const double stored[3] = {0.5, 1, 2};
    float values[4];
    bool found;
    add(file, "three", H5T_NATIVE_DOUBLE, array_of(3), stored);
    for (hsize_t count = 1; count <= 4; count++) {
        values[0] = -1;
        assert_ok(hdf5_read_numbers(
            file, "f", &(hdf5_numbers){"three", count, H5T_NATIVE_FLOAT, values}, &found));
        assert_int_equal(found, count == 3);
        assert_true(found ? values[0] == 0.5f && values[2] == 2 : values[0] == -1);
    }
    int number;
    assert_ok(
        hdf5_read_numbers(file, "f", &(hdf5_numbers){"three", 3, H5T_NATIVE_INT, &number}, &found));
    assert_false(found);
}

static status join(void *context, const char *text)
{
    char *all = context;
    snprintf(all + strlen(all), 64 - strlen(all), "%s;", text);
    return ST_OK;
}

static void texts_of_all_kinds_are_visited(void **state)
{
    (void)state;
    const char *variable[2] = {"leaf", NULL};
    hid_t type = H5Tcopy(H5T_C_S1), padded = H5Tcopy(H5T_FORTRAN_S1);
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_size(padded, 4);
    add(file, "variable", type, array_of(2), variable);
    add(file, "fixed", padded, H5Screate(H5S_SCALAR), "ab  ");
    H5Tclose(padded);
    H5Tclose(type);
    char all[64] = "";
    assert_ok(hdf5_each_text(file, "f", "variable", join, all));
    assert_ok(hdf5_each_text(file, "f", "absent", join, all));
    assert_string_equal(all, "leaf;;");
    assert_null(hdf5_get_text(file, "variable"));
    assert_null(hdf5_get_text(file, "absent"));
    char *text = hdf5_get_text(file, "fixed");
    assert_string_equal(text, "ab");
    free(text);
}

// It went to a place for one number on the stack.
static void a_hash_of_4096_numbers_is_refused(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "long_hash.h5");
    float weight = 1;
    checkpoint_array array = {.name = "weight", .type = ARRAY_F32, .data = &weight};
    static const uint64_t hashes[4096];
    assert_ok(checkpoint_write(path, &array, 1, NULL, 0));
    hid_t changed = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(changed, "weight", H5P_DEFAULT);
    assert_true(H5Adelete(set, CHECKPOINT_HASH) >= 0);
    add(set, CHECKPOINT_HASH, H5T_NATIVE_UINT64, array_of(4096), hashes);
    H5Dclose(set);
    H5Fclose(changed);
    assert_ok(seal_write(path));
    checkpoint *c;
    assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "array \"weight\" is not one of a check");
}

int main(void)
{
    hdf5_lock();
    hdf5_unlock();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_number_is_one_number, make_file, close_file),
        cmocka_unit_test_setup_teardown(arrays_have_their_length, make_file, close_file),
        cmocka_unit_test_setup_teardown(texts_of_all_kinds_are_visited, make_file, close_file),
        cmocka_unit_test(a_hash_of_4096_numbers_is_refused),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
