// Checkpoints whose seal and manifest are right and whose fields are not: every one is refused, in
// little time and memory, and what is as it should be is read.
#include "tests/check.h"

#include "io/packing/file_kind.h"
#include "tests/io/forged_checkpoint.h"
#include "tests/io/group_folder.h"

#include <math.h>
#include <stdlib.h>

const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

static float floats[6] = {0, 1, 2, 3, 4, 5};
static const checkpoint_text texts[] = {{"job", "run: x\n"}};

static forged_array usual(void)
{
    return (forged_array){.told = {"query/w", ARRAY_F32, 2, {2, 3}, floats}};
}

static forged_checkpoint with(const forged_array *array)
{
    return (forged_checkpoint){.arrays = array, .array_count = 1, .texts = texts, .text_count = 1};
}

// Opens the file and reads all of it, as a run's end does.
static status verify(const forged_checkpoint *wanted)
{
    const char *path = test_path(&folder, "forged.h5");
    assert_true(forge_checkpoint(path, wanted));
    return checkpoint_verify(path, NULL);
}

static status verify_array(const forged_array *array)
{
    const forged_checkpoint wanted = with(array);
    return verify(&wanted);
}

static void the_usual_one_is_read(void **state)
{
    (void)state;
    forged_array array = usual();
    assert_ok(verify_array(&array));
}

static void arrays_that_are_not_wholly_in_the_file_are_refused(void **state)
{
    (void)state;
    for (int layout = FORGED_COMPACT; layout < FORGED_LAYOUTS; layout++) {
        forged_array array = usual();
        array.layout = (forged_layout)layout;
        if (layout != FORGED_COMPACT && layout != FORGED_CHUNKED) array.told.data = NULL;
        assert_fails(verify_array(&array), ST_BAD_DATA, "\"query/w\" is not one of a checkpoint");
    }
    static const uint64_t sizes[][4] = {{UINT64_C(1) << 60, 1},
                                        {UINT64_C(1) << 61, 1},
                                        {UINT64_C(1) << 32, UINT64_C(1) << 29},
                                        {1, UINT64_C(1) << 60},
                                        {1000, 1000}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        forged_array array = usual();
        array.layout = FORGED_UNALLOCATED;
        array.told = (checkpoint_array){"query/w", ARRAY_F32, 2, {sizes[i][0], sizes[i][1]}, NULL};
        const char *path = test_path(&folder, "large.h5");
        const forged_checkpoint wanted = with(&array);
        if (!forge_checkpoint(path, &wanted)) continue;
        assert_fails(checkpoint_verify(path, NULL), ST_BAD_DATA, "is not one of a checkpoint");
    }
}

static void hashes_that_are_not_one_number_are_refused(void **state)
{
    (void)state;
    hid_t text = H5Tcopy(H5T_C_S1), list = H5Tvlen_create(H5T_STD_U64LE), pair = 0;
    hsize_t two = 2;
    H5Tset_size(text, 64);
    pair = H5Tarray_create2(H5T_STD_U64LE, 1, &two);
    const hid_t types[] = {0, H5T_IEEE_F64LE, text, list, pair, H5T_STD_U8LE};
    const uint64_t counts[] = {4096, 2, 1, 0};
    for (size_t t = 0; t < 6; t++)
        for (size_t c = 0; c < 4; c++) {
            if (t == 0 && c >= 2) continue; // these are the right ones
            forged_array array = usual();
            array.hash_type = types[t];
            array.hash_count = counts[c];
            assert_int_equal(verify_array(&array), ST_BAD_DATA);
            status_clear();
            forged_array good = usual();
            forged_checkpoint wanted = with(&good);
            wanted.version_type = types[t];
            wanted.version_count = counts[c] + 4096;
            assert_int_equal(verify(&wanted), ST_BAD_DATA);
            status_clear();
        }
    H5Tclose(pair);
    H5Tclose(list);
    H5Tclose(text);
}

static void wrong_hashes_and_manifests_are_told(void **state)
{
    (void)state;
    forged_array array = usual();
    array.hash_change = 1;
    assert_fails(verify_array(&array), ST_BAD_DATA, "\"query/w\" is damaged");
    array.hash_change = 0;
    forged_checkpoint wanted = with(&array);
    wanted.manifest_change = 1;
    assert_fails(verify(&wanted), ST_BAD_DATA, "what its manifest says");
}

static void numbers_that_are_none_are_not_read(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        float values[5000] = {0};
        values[i * 2499] = bad[i];
        forged_array array = {.told = {"query/w", ARRAY_F32, 1, {5000}, values}};
        const char *path = test_path(&folder, "nan.h5");
        const forged_checkpoint wanted = with(&array);
        assert_true(forge_checkpoint(path, &wanted));
        checkpoint *c = NULL;
        assert_ok(checkpoint_open(&c, path));
        assert_fails(checkpoint_read(c, &array.told), ST_BAD_DATA, "NaN or infinite");
        checkpoint_close(c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_usual_one_is_read),
        cmocka_unit_test(arrays_that_are_not_wholly_in_the_file_are_refused),
        cmocka_unit_test(hashes_that_are_not_one_number_are_refused),
        cmocka_unit_test(wrong_hashes_and_manifests_are_told),
        cmocka_unit_test(numbers_that_are_none_are_not_read),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
