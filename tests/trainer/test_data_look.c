// What is told of somebody's HDF5 file before it is trained on, and the data sets that are found in
// it.
#include "tests/check.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include "io/shards/data_guess.h"
#include "trainer/streams/data_look.h"

#include <math.h>
#include <stdlib.h>

// 40 images of 16 x 16, channels first, at /scan/exposures, in chunks of 8; /scan/kind counts to 4.
static const char *write_file(hid_t type)
{
    sample_file f = sample_file_initial(test_path(&folder, "scan.h5"), 40);
    f.images = "/scan/exposures";
    f.axes = "NCHW";
    f.height = f.width = 16;
    f.type = type;
    f.gzip = 1;
    const uint64_t chunk[4] = {8, 3, 16, 16};
    memcpy(f.chunk, chunk, sizeof chunk);
    sample_file_write(&f);
    int64_t labels[40], times[40];
    for (int i = 0; i < 40; i++) {
        labels[i] = i == 0 ? -1 : i % 4;
        times[i] = i;
    }
    sample_file_add(f.path, "/a_time", H5T_STD_I64LE, H5T_NATIVE_INT64, 40, times);
    sample_file_add(f.path, "/scan/kind", H5T_STD_I64LE, H5T_NATIVE_INT64, 40, labels);
    sample_file_add(f.path, "/short_labels", H5T_STD_I64LE, H5T_NATIVE_INT64, 7, labels);
    return f.path;
}

static void images_and_labels_are_found(void **state)
{
    (void)state;
    data_guess guess;
    assert_ok(data_guess_find(&guess, write_file(H5T_STD_U8LE)));
    assert_string_equal(guess.images, "/scan/exposures");
    assert_string_equal(guess.labels, "/scan/kind");
    int64_t none = 0;
    hid_t file = H5Fcreate(test_path(&folder, "none.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    sample_file_add(test_path(&folder, "none.h5"), "/labels", H5T_STD_I64LE, H5T_NATIVE_INT64, 1,
                    &none);
    assert_ok(data_guess_find(&guess, test_path(&folder, "none.h5")));
    assert_string_equal(guess.images, "");
    assert_string_equal(guess.labels, "");
}

// What data_look_write says, to be freed.
static char *look(const char *path, const char *axes)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const dataset_source source = {
        .files = path, .images = "/scan/exposures", .labels = "/scan/kind", .axes = axes};
    assert_ok(data_look_write(out, &source));
    (void)fclose(out);
    return text;
}

static void expect(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) fail_msg("no \"%s\" in\n%s", part, text);
}

static void all_is_told_that_a_job_must_know(void **state)
{
    (void)state;
    char *text = look(write_file(H5T_IEEE_F64LE), "NCHW");
    expect(text, "/scan/exposures: 40 images of 16 x 16 pixels, 3 channels, float64 read as "
                 "float32 (axes NCHW), 4 classes\n");
    expect(text, "  storage    chunks of 8 images (gzip)\n");
    expect(text, "  values     0 .. 250, ");
    expect(text, "  NaN        0 pixels in 0 of 40 images looked at\n");
    expect(text, "  class 0           9\n");
    expect(text, "  class 3          10\n");
    expect(text, "  unlabelled        1\n");
    expect(text, " images/s in random order, one rank, now (40 read)\n");
    expect(text, "scan.h5' data.images=/scan/exposures data.labels=/scan/kind data.axes=NCHW "
                 "data.range=data\n");
    free(text);
    text = look(write_file(H5T_STD_U8LE), "NCHW");
    assert_null(strstr(text, "data.range"));
    assert_null(strstr(text, "NaN"));
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_and_labels_are_found),
        cmocka_unit_test(all_is_told_that_a_job_must_know),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
