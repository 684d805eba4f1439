// Chunks that h5py compressed with lzf are read; damaged ones are refused.
#include "tests/check.h"
#include "tests/io/group_folder.h"

#include "io/files/hdf5_lzf.h"
#include "io/shards/dataset.h"

#include <hdf5.h>

// numpy.tile(numpy.arange(16, dtype='u1'), 32).reshape(2, 16, 16) by liblzf, as h5py 3.16 stores
// it: 17 bytes as they are, copies of 264 and 229 bytes from 16 and 272 bytes back, 2 bytes as they
// are.
static const unsigned char tiled[] = {16, 0,  1,  2, 3,   4,   5,  6,   7,   8,  9, 10, 11, 12,
                                      13, 14, 15, 0, 224, 255, 15, 225, 220, 15, 1, 14, 15};

static void packed_bytes_become_what_they_were(void **state)
{
    (void)state;
    unsigned char out[512];
    assert_int_equal(lzf_size(tiled, sizeof tiled), 512);
    assert_true(lzf_unpack(tiled, sizeof tiled, out, 512));
    for (int i = 0; i < 512; i++)
        assert_int_equal(out[i], i % 16);
}

static void damaged_bytes_are_refused(void **state)
{
    (void)state;
    unsigned char out[512], changed[sizeof tiled];
    for (size_t count = 0; count < sizeof tiled; count++)
        assert_false(lzf_unpack(tiled, count, out, 512));
    assert_false(lzf_unpack(tiled, sizeof tiled, out, 511));
    for (size_t i = 0; i < sizeof tiled; i++)
        for (unsigned value = 0; value < 256; value++) { // for the sanitizers
            memcpy(changed, tiled, sizeof tiled);
            changed[i] = (unsigned char)value;
            size_t size = lzf_size(changed, sizeof tiled);
            bool good = lzf_unpack(changed, sizeof tiled, out, 512);
            assert_int_equal(good, size == 512);
        }
    const unsigned char before[] = {0, 7, 32, 1}; // a copy from before the first byte
    assert_int_equal(lzf_size(before, sizeof before), 0);
    assert_false(lzf_unpack(before, sizeof before, out, 4));
}

// Literal runs alone are good LZF.
static size_t pack_literally(const unsigned char *bytes, size_t count, unsigned char *packed)
{
    size_t used = 0;
    for (size_t at = 0; at < count; at += 32) {
        size_t run = count - at < 32 ? count - at : 32;
        packed[used++] = (unsigned char)(run - 1);
        memcpy(packed + used, bytes + at, run);
        used += run;
    }
    return used;
}

// HDF5 makes no data set for a filter that cannot write; chunks are written here as they are to
// stand there.
static size_t leave_alone(unsigned flags, size_t value_count, const unsigned values[], size_t count,
                          size_t *room, void **buffer)
{
    (void)flags, (void)value_count, (void)values, (void)buffer;
    *room = count;
    return count;
}

enum { IMAGES = 6, PIXELS = 16 * 16 };

// Chunk 1 is as h5py has it, the others are literal; `cut` bytes of chunk 1 are missing.
static const char *write_file(size_t cut)
{
    const char *path = test_path(&folder, "lzf.h5");
    const hsize_t dims[3] = {IMAGES, 16, 16}, chunk[3] = {2, 16, 16};
    const H5Z_class2_t writer = {H5Z_CLASS_T_VERS, HDF5_FILTER_LZF, 1, 1, "lzf", NULL, NULL,
                                 leave_alone};
    assert_true(H5Zregister(&writer) >= 0);
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    hid_t settings = H5Pcreate(H5P_DATASET_CREATE), space = H5Screate_simple(3, dims, NULL);
    H5Pset_chunk(settings, 3, chunk);
    H5Pset_filter(settings, HDF5_FILTER_LZF, H5Z_FLAG_OPTIONAL, 0, NULL);
    hid_t set = H5Dcreate2(file, "images", H5T_STD_U8LE, space, H5P_DEFAULT, settings, H5P_DEFAULT);
    for (hsize_t first = 0; first < IMAGES; first += 2) {
        unsigned char bytes[2 * PIXELS], packed[3 * PIXELS];
        for (size_t i = 0; i < 2 * PIXELS; i++)
            bytes[i] = (unsigned char)(i * 7 + first);
        size_t used = pack_literally(bytes, sizeof bytes, packed);
        if (first == 2) memcpy(packed, tiled, used = sizeof tiled - cut);
        const hsize_t at[3] = {first, 0, 0};
        assert_true(H5Dwrite_chunk(set, H5P_DEFAULT, 0, at, used, packed) >= 0);
    }
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(settings);
    H5Fclose(file);
    return path;
}

static void files_in_lzf_are_data_sets(void **state)
{
    (void)state;
    dataset *d;
    unsigned char pixels[PIXELS];
    dataset_source source = {
        .files = write_file(0), .images = "/images", .labels = "", .axes = "auto"};
    assert_ok(dataset_open(&d, &source));
    for (size_t n = 0; n < IMAGES; n++) {
        assert_ok(dataset_read(d, n, pixels));
        for (size_t i = 0; i < PIXELS; i++) {
            size_t literal = (i + n % 2 * PIXELS) * 7 + n / 2 * 2;
            assert_int_equal(pixels[i], n / 2 == 1 ? i % 16 : literal % 256);
        }
    }
    dataset_close(d);
    write_file(1);
    assert_fails(dataset_open(&d, &source), ST_IO, "lzf.h5: samples from 2 on cannot be read");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_bytes_become_what_they_were),
        cmocka_unit_test(damaged_bytes_are_refused),
        cmocka_unit_test(files_in_lzf_are_data_sets),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
