// What a label number means: names of classes, in shards of one data set and in two data sets, and
// labels that are texts or floats. And whether two data sets share files.
#include "tests/check.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include "io/shards/dataset.h"
#include "io/shards/dataset_overlap.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

enum { COUNT = 4 }; // samples of a file

static char *write_images(const char *name, uint64_t first)
{
    sample_file f = sample_file_initial(test_path(&folder, name), COUNT);
    f.first = first;
    sample_file_write(&f);
    return strdup(f.path);
}

static void write_names(const char *path, const char *names)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(names) + 1);
    sample_file_describe(path, "class_names", type, 1, names);
    H5Tclose(type);
}

// A file of COUNT images with these labels, whose classes have the names, one a line; NULL: none.
static void write_shard(const char *name, const int64_t labels[COUNT], const char *names)
{
    char *path = write_images(name, 0);
    sample_file_add(path, "/labels", H5T_STD_I64LE, H5T_NATIVE_INT64, COUNT, labels);
    if (names != NULL) write_names(path, names);
    free(path);
}

static status open_files(dataset **d, const char *files, bool by_number)
{
    return dataset_open(d, &(dataset_source){.files = test_path(&folder, files),
                                             .images = "/images",
                                             .labels = "/labels",
                                             .by_number = by_number,
                                             .axes = "NHWC"});
}

static void expect_labels(dataset *d, const int64_t *labels)
{
    int64_t read[2 * COUNT];
    uint64_t count = dataset_get_info(d)->count;
    assert_ok(dataset_read_labels(d, 0, count, read));
    for (uint64_t i = 0; i < count; i++)
        assert_int_equal(read[i], labels[i]);
}

static void shards_of_one_data_set_are_joined_by_name(void **state)
{
    (void)state;
    dataset *d;
    write_shard("join-0.h5", (const int64_t[]){0, 1, 2, -1}, "ant\nbee\ncat\n");
    write_shard("join-1.h5", (const int64_t[]){0, 1, 0, 1}, "cat\ndog");
    assert_ok(open_files(&d, "join-?.h5", false));
    assert_int_equal(dataset_get_info(d)->classes, 4);
    expect_labels(d, (const int64_t[]){0, 1, 2, -1, 2, 3, 2, 3});
    assert_string_equal(dataset_class_name(d, 3), "dog");
    assert_null(dataset_class_name(d, 4));
    dataset_close(d);
    assert_ok(open_files(&d, "join-?.h5", true));
    expect_labels(d, (const int64_t[]){0, 1, 2, -1, 0, 1, 0, 1});
    dataset_close(d);
}

// Train and test packed apart: the test folder lacks a class, and has one of its own.
static void test_labels_follow_those_of_training(void **state)
{
    (void)state;
    dataset *train, *test;
    write_shard("train.h5", (const int64_t[]){0, 1, 2, 2}, "ant\nbee\ncat");
    write_shard("test.h5", (const int64_t[]){0, 1, 2, 1}, "bee\ncat\neel");
    assert_ok(open_files(&train, "train.h5", false));
    assert_ok(open_files(&test, "test.h5", false));
    assert_ok(dataset_follow_classes(test, train));
    expect_labels(test, (const int64_t[]){1, 2, 3, 2});
    assert_int_equal(dataset_get_info(test)->classes, 4);
    assert_string_equal(dataset_class_name(test, 3), "eel");
    assert_ok(dataset_follow_classes(test, train)); // twice is once
    expect_labels(test, (const int64_t[]){1, 2, 3, 2});
    dataset_close(test);
    dataset_close(train);
}

static void what_cannot_be_compared_is_refused(void **state)
{
    (void)state;
    dataset *train, *test;
    write_shard("mixed-0.h5", (const int64_t[]){0, 1, 2, 2}, "ant\nbee\ncat");
    write_shard("mixed-1.h5", (const int64_t[]){0, 1, 2, 1}, NULL);
    assert_fails(open_files(&train, "mixed-?.h5", false), ST_BAD_DATA, "mixed-1.h5 does not");
    assert_ok(open_files(&train, "mixed-0.h5", false));
    assert_ok(open_files(&test, "mixed-1.h5", false));
    assert_fails(dataset_follow_classes(test, train), ST_BAD_DATA, "data.classes=by_number");
    assert_fails(dataset_follow_classes(train, test), ST_BAD_DATA, "mixed-0.h5 names its classes");
    dataset_close(test);
    dataset_close(train);
    assert_ok(open_files(&train, "mixed-?.h5", true));
    dataset_close(train);
    // A file without any label has nothing to compare.
    write_shard("mixed-1.h5", (const int64_t[]){-1, -1, -1, -1}, NULL);
    assert_ok(open_files(&train, "mixed-?.h5", false));
    dataset_close(train);
}

static void names_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    dataset *d;
    static const struct {
        const char *names, *message;
    } cases[] = {{"ant\nbee", "there is a label 2, but class_names names 2 classes"},
                 {"ant\nbee\nant", "classes 0 and 2 are both named \"ant\""},
                 {"ant\n\nbee", "the name of class 1 is empty"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_shard("names.h5", (const int64_t[]){0, 1, 2, 2}, cases[i].names);
        assert_fails(open_files(&d, "names.h5", false), ST_BAD_DATA, cases[i].message);
        assert_ok(open_files(&d, "names.h5", true));
        dataset_close(d);
    }
}

static void class_names_may_be_an_array_of_texts(void **state)
{
    (void)state;
    dataset *d;
    static const char *const long_names[] = {"ant", "bee", "cat"};
    static const char fixed_names[3][4] = {"ant", "bee", "cat"};
    hid_t variable = H5Tcopy(H5T_C_S1), fixed = H5Tcopy(H5T_C_S1);
    H5Tset_size(variable, H5T_VARIABLE);
    H5Tset_size(fixed, 4);
    for (int i = 0; i < 2; i++) {
        write_shard("array.h5", (const int64_t[]){0, 1, 2, 2}, NULL);
        sample_file_describe(test_path(&folder, "array.h5"), "class_names",
                             i == 0 ? variable : fixed, 3,
                             i == 0 ? (const void *)long_names : fixed_names);
        assert_ok(open_files(&d, "array.h5", false));
        assert_string_equal(dataset_class_name(d, 2), "cat");
        dataset_close(d);
    }
    H5Tclose(fixed);
    H5Tclose(variable);
}

// CIFAR-100 has fine and coarse labels: the file's names are those of /labels.
static void names_are_of_their_own_labels(void **state)
{
    (void)state;
    dataset *d;
    const int64_t coarse[COUNT] = {0, 1, 1, 5};
    write_shard("coarse.h5", (const int64_t[]){0, 1, 2, 2}, "ant\nbee\ncat");
    char *path = strdup(test_path(&folder, "coarse.h5"));
    sample_file_add(path, "/coarse", H5T_STD_I64LE, H5T_NATIVE_INT64, COUNT, coarse);
    assert_ok(dataset_open(
        &d, &(dataset_source){
                .files = path, .images = "/images", .labels = "/coarse", .axes = "NHWC"}));
    expect_labels(d, coarse);
    assert_null(dataset_class_name(d, 0));
    dataset_close(d);
    free(path);
}

static void labels_may_be_texts(void **state)
{
    (void)state;
    dataset *d;
    static const char *const long_labels[] = {"dog", "", "ant", "dog"};
    static const char fixed_labels[COUNT][5] = {"dog  ", "     ", "ant  ", "dog  "};
    hid_t variable = H5Tcopy(H5T_C_S1), fixed = H5Tcopy(H5T_C_S1);
    H5Tset_size(variable, H5T_VARIABLE);
    H5Tset_cset(variable, H5T_CSET_UTF8);
    H5Tset_size(fixed, 5);
    H5Tset_strpad(fixed, H5T_STR_SPACEPAD);
    for (int i = 0; i < 2; i++) {
        char *path = write_images("texts.h5", 0);
        hid_t type = i == 0 ? variable : fixed;
        sample_file_add(path, "/labels", type, type, COUNT,
                        i == 0 ? (const void *)long_labels : fixed_labels);
        free(path);
        assert_ok(open_files(&d, "texts.h5", false));
        assert_int_equal(dataset_get_info(d)->classes, 2);
        expect_labels(d, (const int64_t[]){1, -1, 0, 1});
        assert_string_equal(dataset_class_name(d, 0), "ant");
        dataset_close(d);
    }
    H5Tclose(fixed);
    H5Tclose(variable);
}

// As h5py stores bool; and its names count, not its numbers.
static void labels_may_be_enums(void **state)
{
    (void)state;
    dataset *d;
    const int8_t yes = 1, no = 0, labels[COUNT] = {1, 0, 0, 1};
    hid_t type = H5Tenum_create(H5T_NATIVE_INT8);
    H5Tenum_insert(type, "TRUE", &yes);
    H5Tenum_insert(type, "FALSE", &no);
    char *path = write_images("enums.h5", 0);
    sample_file_add(path, "/labels", type, type, COUNT, labels);
    free(path);
    H5Tclose(type);
    assert_ok(open_files(&d, "enums.h5", false));
    expect_labels(d, (const int64_t[]){1, 0, 0, 1});
    assert_string_equal(dataset_class_name(d, 1), "TRUE");
    dataset_close(d);
}

static void labels_may_be_whole_floats(void **state)
{
    (void)state;
    dataset *d;
    float labels[COUNT] = {3, NAN, 0, -1};
    char *path = write_images("floats.h5", 0);
    sample_file_add(path, "/labels", H5T_IEEE_F32BE, H5T_NATIVE_FLOAT, COUNT, labels);
    assert_ok(open_files(&d, "floats.h5", false));
    assert_int_equal(dataset_get_info(d)->classes, 4);
    expect_labels(d, (const int64_t[]){3, -1, 0, -1});
    dataset_close(d);
    static const float wrong[] = {0.5f, -2, INFINITY, 1e30f};
    for (int i = 0; i < 4; i++) {
        free(path);
        path = write_images("floats.h5", 0);
        labels[2] = wrong[i];
        sample_file_add(path, "/labels", H5T_IEEE_F32LE, H5T_NATIVE_FLOAT, COUNT, labels);
        assert_fails(open_files(&d, "floats.h5", false), ST_BAD_DATA,
                     "floats.h5: sample 2 has label");
    }
    free(path);
}

static void a_label_that_grows_in_use_is_found(void **state)
{
    (void)state;
    dataset *d;
    int64_t labels[COUNT];
    write_shard("grows.h5", (const int64_t[]){0, 1, 2, 2}, "ant\nbee\ncat");
    assert_ok(open_files(&d, "grows.h5", false));
    write_shard("grows.h5", (const int64_t[]){0, 1, 2, 900}, "ant\nbee\ncat");
    assert_fails(dataset_read_labels(d, 0, COUNT, labels), ST_BAD_DATA,
                 "the label of sample 3 has changed");
    dataset_close(d);
}

static void copy_file(const char *from, const char *to)
{
    size_t size;
    char *bytes = test_read(test_path(&folder, from), &size);
    test_write(&folder, to, bytes, size);
    free(bytes);
}

static void files_of_both_data_sets_are_found(void **state)
{
    (void)state;
    dataset *train, *test;
    dataset_overlap found;
    free(write_images("one-0.h5", 0));
    free(write_images("one-1.h5", 4));
    free(write_images("two-0.h5", 8)); // of the same size
    copy_file("one-1.h5", "two-1.h5");
    assert_int_equal(symlink("one-0.h5", test_path(&folder, "two-2.h5")), 0);
    assert_ok(open_files(&train, "one-?.h5", false));
    assert_ok(open_files(&test, "two-?.h5", false));
    dataset_overlap_find(train, test, &found);
    assert_int_equal(found.files, 2);
    assert_non_null(strstr(found.first, "two-1.h5"));
    dataset_close(test);
    assert_ok(open_files(&test, "two-0.h5", false));
    dataset_overlap_find(train, test, &found);
    assert_true(found.files == 0 && found.first == NULL);
    dataset_close(test);
    dataset_close(train);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shards_of_one_data_set_are_joined_by_name),
        cmocka_unit_test(test_labels_follow_those_of_training),
        cmocka_unit_test(what_cannot_be_compared_is_refused),
        cmocka_unit_test(names_that_make_no_sense_are_refused),
        cmocka_unit_test(class_names_may_be_an_array_of_texts),
        cmocka_unit_test(names_are_of_their_own_labels),
        cmocka_unit_test(labels_may_be_texts),
        cmocka_unit_test(labels_may_be_enums),
        cmocka_unit_test(labels_may_be_whole_floats),
        cmocka_unit_test(a_label_that_grows_in_use_is_found),
        cmocka_unit_test(files_of_both_data_sets_are_found),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
