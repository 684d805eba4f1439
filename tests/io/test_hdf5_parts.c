// What a data set is made of: links to other files, external storage, virtual sources, chunks that
// nobody wrote. Right bytes, or a sentence that names what is missing.
#include "tests/check.h"

#include "io/shards/dataset.h"
#include "io/shards/shard.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAMPLE 60 // bytes: 5 x 4 x 3

static dataset_source source_of(const char *files)
{
    return (dataset_source){
        .files = files, .images = "/images", .labels = "/labels", .axes = "NHWC"};
}

static status open_and_close(const char *files)
{
    dataset *d;
    dataset_source source = source_of(files);
    TRY(dataset_open(&d, &source));
    dataset_close(d);
    return ST_OK;
}

static hid_t create(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

// Bytes before what matters, so that places in two files differ.
static void pad(hid_t file)
{
    const hsize_t size = 200000;
    unsigned char *noise = malloc(size);
    for (hsize_t i = 0; i < size; i++)
        noise[i] = (unsigned char)(i * 7919 >> 3);
    hid_t space = H5Screate_simple(1, &size, NULL);
    hid_t set = H5Dcreate2(file, "pad", H5T_STD_U8LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, noise) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    free(noise);
}

// Sample i of the data set is sample i of the formula; of those from `unwritten` on, each byte is
// `fill`.
static void check_samples(dataset *d, uint64_t count, uint64_t unwritten, int fill)
{
    assert_int_equal(dataset_get_info(d)->count, count);
    for (uint64_t n = 0; n < count; n++) {
        uint64_t i = n * 7 % count; // in another order, and each once if 7 does not divide count
        uint8_t pixels[SAMPLE];
        assert_ok(dataset_read(d, i, pixels));
        for (uint64_t k = 0; k < SAMPLE; k++)
            assert_int_equal(
                pixels[k], i >= unwritten ? fill : (int)sample_value(i, k / 12, k / 3 % 4, k % 3));
    }
}

static void check_file(const char *path, uint64_t count, uint64_t unwritten, int fill)
{
    dataset *d;
    dataset_source source = source_of(path);
    assert_ok(dataset_open(&d, &source));
    assert_int_equal(dataset_get_info(d)->unwritten, count - unwritten);
    check_samples(d, count, unwritten, fill);
    dataset_close(d);
}

static void link_to(hid_t file, const char *target, const char *name)
{
    assert_true(H5Lcreate_external(target, name, file, name, H5P_DEFAULT, H5P_DEFAULT) >= 0);
}

// As NeXus does it: the bytes stand in the target, at a place that is another's in the master.
static void links_to_another_file_are_followed(void **state)
{
    (void)state;
    int64_t labels[40];
    const char *path = test_path(&folder, "master.h5");
    sample_file target = sample_file_shard(test_path(&folder, "target.h5"), 0, 40);
    sample_file_write(&target);
    hid_t file = create(path);
    pad(file);
    link_to(file, "target.h5", "/images");
    link_to(file, "target.h5", "/labels");
    link_to(file, "target.h5", SHARD_CRC); // compares each sample
    H5Fclose(file);
    dataset *d;
    dataset_source source = source_of(path);
    assert_ok(dataset_open(&d, &source));
    check_samples(d, 40, 40, 0);
    assert_ok(dataset_read_labels(d, 0, 40, labels));
    for (int i = 0; i < 40; i++)
        assert_int_equal(labels[i], i % 4);
    dataset_close(d);
    assert_int_equal(unlink(target.path), 0);
    assert_fails(open_and_close(path), ST_NO_INPUT,
                 "master.h5: \"/images\" (a link to \"/images\" of \"target.h5\")");
    assert_fails(open_and_close(path), ST_NO_INPUT, "target.h5: no such file");
}

static void a_link_to_nothing_is_not_an_absent_data_set(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "soft.h5");
    hid_t file = create(path);
    H5Lcreate_soft("/nowhere", file, "images", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_fails(open_and_close(path), ST_BAD_DATA, "\"/images\" (a link to \"/nowhere\")");
    file = create(path);
    H5Gclose(H5Gcreate2(file, "images", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    H5Fclose(file);
    assert_fails(open_and_close(path), ST_BAD_DATA, "\"/images\" for the images is no data set");
}

// `count` images in a file of bytes outside of HDF5, from byte 100 on.
static void write_external(const char *path, const char *bytes, uint64_t count)
{
    const hsize_t dims[4] = {count, 5, 4, 3};
    unsigned char *pixels = malloc(count * SAMPLE);
    for (uint64_t i = 0; i < count * SAMPLE; i++)
        pixels[i] = (unsigned char)sample_value(i / SAMPLE, i % SAMPLE / 12, i / 3 % 4, i % 3);
    hid_t file = create(path), settings = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_external(settings, bytes, 100, H5F_UNLIMITED);
    hid_t space = H5Screate_simple(4, dims, NULL);
    hid_t set = H5Dcreate2(file, "images", H5T_STD_U8LE, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    assert_true(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, pixels) >= 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(settings);
    H5Fclose(file);
    free(pixels);
}

static void external_storage_is_read_and_its_end_seen(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "outside.h5"), *bytes = test_path(&folder, "bytes.raw");
    write_external(path, bytes, 20);
    check_file(path, 20, 20, 0);
    assert_int_equal(truncate(bytes, 100 + 19 * SAMPLE), 0);
    assert_fails(open_and_close(path), ST_BAD_DATA, "keeps 1200 bytes in");
    assert_fails(open_and_close(path), ST_BAD_DATA, "from byte 100 on, which has only 1240");
    assert_int_equal(unlink(bytes), 0);
    assert_fails(open_and_close(path), ST_NO_INPUT, "bytes.raw: no such file");
    assert_int_equal(mkfifo(bytes, 0600), 0);
    assert_fails(open_and_close(path), ST_BAD_DATA, "bytes.raw: is a pipe");
    assert_int_equal(unlink(bytes), 0);
}

// Whether a source's samples are named by their indices; else all are meant, however many.
static bool by_index;

// A virtual data set of `count` samples: from sample 10 i on, all of source i.
static void write_virtual(const char *path, uint64_t count, const char *const *sources, int number,
                          const char *set_name)
{
    const hsize_t dims[4] = {count, 5, 4, 3}, part[4] = {10, 5, 4, 3};
    const unsigned char fill = 9;
    hid_t settings = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(4, dims, NULL), from = H5Screate_simple(4, part, NULL);
    H5Pset_fill_value(settings, H5T_NATIVE_UINT8, &fill);
    if (by_index) H5Sselect_hyperslab(from, H5S_SELECT_SET, (hsize_t[4]){0}, NULL, part, NULL);
    for (int i = 0; i < number; i++) {
        const hsize_t start[4] = {10 * (hsize_t)i};
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, part, NULL);
        assert_true(H5Pset_virtual(settings, space, sources[i], set_name, from) >= 0);
    }
    hid_t file = create(path);
    hid_t set = H5Dcreate2(file, "images", H5T_STD_U8LE, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    assert_true(set >= 0);
    H5Dclose(set);
    H5Fclose(file);
    H5Sclose(from);
    H5Sclose(space);
    H5Pclose(settings);
}

static void write_sources(void)
{
    for (int i = 0; i < 3; i++) {
        char name[32];
        snprintf(name, sizeof name, "part%d.h5", i);
        sample_file f = sample_file_initial(test_path(&folder, name), 10);
        f.first = 10 * (uint64_t)i;
        sample_file_write(&f);
    }
}

static void virtual_data_sets_need_all_their_sources(void **state)
{
    (void)state;
    const char *names[] = {"part0.h5", "part1.h5", "part2.h5"};
    const char *path = test_path(&folder, "virtual.h5");
    write_sources();
    write_virtual(path, 30, names, 3, "/images");
    check_file(path, 30, 30, 0);
    write_virtual(path, 34, names, 3, "/images");
    check_file(path, 34, 30, 9);
    write_virtual(path, 30, names, 3, "/other");
    assert_fails(open_and_close(path), ST_BAD_DATA, "is made of data set \"/other\" in");
    write_virtual(path, 30, names, 3, "/images");
    check_file(path, 30, 30, 0);
    sample_file small = sample_file_initial(test_path(&folder, "part1.h5"), 7);
    sample_file_write(&small);
    by_index = true;
    write_virtual(test_path(&folder, "indexed.h5"), 30, names, 3, "/images");
    by_index = false;
    assert_fails(open_and_close(test_path(&folder, "indexed.h5")), ST_BAD_DATA,
                 "wants index 9 of axis 0 of \"/images\" in its source");
    assert_fails(open_and_close(path), ST_BAD_DATA, "wants 600 values of \"/images\" in its");
    assert_int_equal(unlink(small.path), 0);
    assert_fails(open_and_close(path), ST_NO_INPUT, "virtual.h5: its source \"part1.h5\" cannot");
    assert_int_equal(mkfifo(small.path, 0600), 0);
    assert_fails(open_and_close(path), ST_BAD_DATA, "part1.h5: is a pipe");
    assert_int_equal(unlink(small.path), 0);
}

// HDF5 itself would read fill values, without a word.
static void a_source_that_goes_while_it_is_read_is_told(void **state)
{
    (void)state;
    const char *names[] = {"part0.h5", "part1.h5", "part2.h5"};
    dataset *d;
    uint8_t pixels[SAMPLE];
    write_sources();
    write_virtual(test_path(&folder, "going.h5"), 30, names, 3, "/images");
    dataset_source source = source_of(test_path(&folder, "going.h5"));
    assert_ok(dataset_open(&d, &source));
    dataset_close(d);
    assert_ok(dataset_open(&d, &source)); // its moments have read all, so HDF5 has them open
    assert_ok(dataset_read(d, 25, pixels));
    dataset_close(d);
    const float moments[3] = {0.5f, 0.5f, 0.5f};
    sample_file_describe(source.files, SHARD_ATTRIBUTE_MEAN, H5T_NATIVE_FLOAT, 3, moments);
    sample_file_describe(source.files, SHARD_ATTRIBUTE_STD, H5T_NATIVE_FLOAT, 3, moments);
    assert_ok(dataset_open(&d, &source));
    assert_int_equal(unlink(test_path(&folder, "part2.h5")), 0);
    assert_fails(dataset_read(d, 25, pixels), ST_IO, "part2.h5: no such file");
    dataset_close(d);
}

static void a_virtual_data_set_of_itself_is_refused(void **state)
{
    (void)state;
    const char *same[] = {"."}, *own[] = {"self.h5"};
    const char *ring[] = {"ring.h5"}, *path = test_path(&folder, "self.h5");
    write_virtual(path, 10, same, 1, "/images");
    assert_fails(open_and_close(path), ST_BAD_DATA, "is made of itself, or of others");
    write_virtual(path, 10, own, 1, "/images");
    assert_fails(open_and_close(path), ST_BAD_DATA, "is made of itself, or of others");
    write_virtual(path, 10, ring, 1, "/images");
    write_virtual(test_path(&folder, "ring.h5"), 10, own, 1, "/images");
    assert_fails(open_and_close(path), ST_BAD_DATA, "is made of itself, or of others");
}

// An array of images, of which the first `written` are.
static void write_part(const char *path, uint64_t count, uint64_t written, const hsize_t *chunk,
                       int gzip)
{
    const hsize_t dims[4] = {count, 5, 4, 3}, part[4] = {written, 5, 4, 3}, start[4] = {0};
    const unsigned char fill = 7;
    unsigned char *pixels = malloc(written * SAMPLE + 1);
    for (uint64_t i = 0; i < written * SAMPLE; i++)
        pixels[i] = (unsigned char)sample_value(i / SAMPLE, i % SAMPLE / 12, i / 3 % 4, i % 3);
    hid_t file = create(path), settings = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_fill_value(settings, H5T_NATIVE_UINT8, &fill);
    if (chunk != NULL) H5Pset_chunk(settings, 4, chunk);
    if (gzip > 0) H5Pset_deflate(settings, (unsigned)gzip);
    hid_t space = H5Screate_simple(4, dims, NULL), memory = H5Screate_simple(4, part, NULL);
    hid_t set = H5Dcreate2(file, "images", H5T_STD_U8LE, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, part, NULL);
    if (written > 0)
        assert_true(H5Dwrite(set, H5T_NATIVE_UINT8, memory, space, H5P_DEFAULT, pixels) >= 0);
    H5Dclose(set);
    H5Sclose(memory);
    H5Sclose(space);
    H5Pclose(settings);
    H5Fclose(file);
    free(pixels);
}

static void unwritten_chunks_are_the_fill_value_and_counted(void **state)
{
    (void)state;
    const char *path = test_path(&folder, "holes.h5");
    const hsize_t samples[4] = {4, 5, 4, 3}, halves[4] = {4, 3, 4, 3};
    for (int gzip = 0; gzip <= 4; gzip += 4) {
        write_part(path, 30, 16, samples, gzip);
        check_file(path, 30, 16, 7);
        write_part(path, 30, 16, halves, gzip); // only HDF5 reads these
        check_file(path, 30, 16, 7);
        write_part(path, 30, 0, samples, gzip);
        check_file(path, 30, 0, 7);
    }
    write_part(path, 30, 0, NULL, 0);
    check_file(path, 30, 0, 7);
    write_part(path, 30, 30, samples, 1);
    check_file(path, 30, 30, 7);
}

int main(void)
{
    alarm(50); // who waits for a pipe fails
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(links_to_another_file_are_followed),
        cmocka_unit_test(a_link_to_nothing_is_not_an_absent_data_set),
        cmocka_unit_test(external_storage_is_read_and_its_end_seen),
        cmocka_unit_test(virtual_data_sets_need_all_their_sources),
        cmocka_unit_test(a_source_that_goes_while_it_is_read_is_told),
        cmocka_unit_test(a_virtual_data_set_of_itself_is_refused),
        cmocka_unit_test(unwritten_chunks_are_the_fill_value_and_counted),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
