// Parts of data sets: every n-th sample held out, and labels that stand in files of their own.
#include "tests/check.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include "io/shards/dataset.h"
#include "io/shards/dataset_overlap.h"

#include <stdlib.h>

enum { COUNT = 7, FILES = 3, ALL = COUNT * FILES };

// Three files; sample i of all is sample i of the formula, with label i mod 4.
static int write_files(void **state)
{
    if (folder_set_up(state) != 0) return -1;
    for (int i = 0; i < FILES; i++) {
        char name[32];
        snprintf(name, sizeof name, "part-%d.h5", i);
        sample_file f = sample_file_shard(test_path(&folder, name), (uint64_t)(COUNT * i), COUNT);
        sample_file_write(&f);
    }
    return 0;
}

static dataset_source source_of(const char *files)
{
    return (dataset_source){
        .files = files, .images = "/images", .labels = "/labels", .axes = "NHWC"};
}

static dataset *open_part(uint64_t every, bool held_out)
{
    dataset *d;
    dataset_source source = source_of(test_path(&folder, "part-?.h5"));
    source.part = (dataset_part){every, held_out};
    assert_ok(dataset_open(&d, &source));
    return d;
}

// Sample `index` of the part is sample `place` of the files.
static void expect_sample(dataset *d, uint64_t index, uint64_t place)
{
    unsigned char pixels[5 * 4 * 3];
    int64_t label;
    assert_ok(dataset_read(d, index, pixels));
    assert_int_equal(pixels[0], (int)sample_value(place, 0, 0, 0));
    assert_int_equal(pixels[59], (int)sample_value(place, 4, 3, 2));
    assert_ok(dataset_read_labels(d, index, 1, &label));
    assert_int_equal(label, place % 4);
}

static void every_nth_sample_is_held_out_and_all_others_are_not(void **state)
{
    (void)state;
    for (uint64_t every = 2; every <= ALL; every++) {
        dataset *train = open_part(every, false), *test = open_part(every, true);
        uint64_t trained = 0, tested = 0, count = dataset_get_info(train)->count;
        assert_int_equal(dataset_get_info(test)->count, ALL / every);
        assert_int_equal(count, ALL - ALL / every);
        for (uint64_t place = 0; place < ALL; place++)
            if ((place + 1) % every == 0)
                expect_sample(test, tested++, place);
            else
                expect_sample(train, trained++, place);
        int64_t labels[ALL], one;
        assert_ok(dataset_read_labels(train, 0, count, labels));
        for (uint64_t i = 0; i < count; i++) {
            assert_ok(dataset_read_labels(train, i, 1, &one));
            assert_int_equal(labels[i], one);
        }
        dataset_close(test);
        dataset_close(train);
    }
}

// What is held out must not be seen in any way.
static void moments_are_those_of_the_part(void **state)
{
    (void)state;
    dataset *train = open_part(3, false), *test = open_part(3, true), *all = open_part(0, false);
    double a = (double)dataset_get_info(train)->mean[0],
           b = (double)dataset_get_info(test)->mean[0];
    double both = (double)dataset_get_info(all)->mean[0];
    assert_true(a != b);
    assert_true((2 * a + b) / 3 - both < 1e-6 && both - (2 * a + b) / 3 < 1e-6);
    uint64_t hash_of_train, hash_of_test;
    assert_ok(dataset_hash(train, &hash_of_train));
    assert_ok(dataset_hash(test, &hash_of_test));
    assert_int_not_equal(hash_of_train, hash_of_test);
    dataset_overlap found;
    dataset_overlap_find(train, test, &found);
    assert_int_equal(found.files, 0); // the same files, but no sample twice
    dataset_close(all);
    dataset_close(test);
    dataset_close(train);
}

static void a_part_that_makes_no_sense_is_refused(void **state)
{
    (void)state;
    dataset *d;
    dataset_source source = source_of(test_path(&folder, "part-?.h5"));
    source.part = (dataset_part){1, true};
    assert_fails(dataset_open(&d, &source), ST_CONFIG, "data.test_every");
    source.part.every = ALL + 1;
    assert_fails(dataset_open(&d, &source), ST_CONFIG, "data.test_every");
}

static void write_labels(const char *name, uint64_t first, uint64_t count)
{
    int64_t labels[ALL];
    for (uint64_t i = 0; i < count; i++)
        labels[i] = (int64_t)(first + i) % 3;
    hid_t file = H5Fcreate(test_path(&folder, name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(H5Gcreate2(file, "/meta", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(file);
    sample_file_add(test_path(&folder, name), "/meta/kind", H5T_STD_U8LE, H5T_NATIVE_INT64, count,
                    labels);
}

static status open_with_labels(dataset **d, const char *labels)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder.path, labels);
    dataset_source source = source_of(test_path(&folder, "part-?.h5"));
    source.labels = path;
    return dataset_open(d, &source);
}

static void labels_may_stand_in_files_of_their_own(void **state)
{
    (void)state;
    static const char *const sources[] = {"every.h5:/meta/kind", "each-?.h5:/meta/kind"};
    char name[16];
    write_labels("every.h5", 0, ALL);
    for (uint64_t i = 0; i < FILES; i++) {
        snprintf(name, sizeof name, "each-%d.h5", (int)i);
        write_labels(name, i * COUNT, COUNT);
    }
    for (int i = 0; i < 2; i++) {
        dataset *d;
        int64_t labels[ALL];
        assert_ok(open_with_labels(&d, sources[i]));
        assert_int_equal(dataset_get_info(d)->classes, 3);
        assert_ok(dataset_read_labels(d, 0, ALL, labels));
        for (int n = 0; n < ALL; n++)
            assert_int_equal(labels[n], n % 3);
        dataset_close(d);
    }
}

static void labels_elsewhere_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    dataset *d;
    write_labels("short.h5", 0, ALL - 1);
    write_labels("pair-0.h5", 0, COUNT);
    write_labels("pair-1.h5", 0, COUNT);
    assert_fails(open_with_labels(&d, "short.h5:/meta/kind"), ST_BAD_DATA,
                 "are 20, but there are 21 images");
    assert_fails(open_with_labels(&d, "pair-?.h5:/meta/kind"), ST_BAD_DATA,
                 "2 files of labels for 3 files of images");
    assert_fails(open_with_labels(&d, "short.h5:/kind"), ST_BAD_DATA, "/meta/kind (20 uint8)");
    assert_fails(open_with_labels(&d, "none.h5:/kind"), ST_NO_INPUT, "none.h5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_nth_sample_is_held_out_and_all_others_are_not),
        cmocka_unit_test(moments_are_those_of_the_part),
        cmocka_unit_test(a_part_that_makes_no_sense_is_refused),
        cmocka_unit_test(labels_may_stand_in_files_of_their_own),
        cmocka_unit_test(labels_elsewhere_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, write_files, folder_tear_down);
}
