// Checkpoints come back bit for bit, damage is noticed, and a failed write leaves the old file.
#include "tests/check.h"

#include "io/checkpoint/checkpoint.h"
#include "io/packing/file_kind.h"
#include "io/files/seal.h"
#include "tests/io/group_folder.h"

#include <fcntl.h>
#include <float.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

// HDF5 forgets memory when it meets a damaged file; asked by the leak sanitizer.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libhdf5";
}

// What the tests write: all types, ranks 0 to 4, groups in the names.
typedef struct contents {
    float weight[2][3][2][2], bias[3];
    int64_t steps[2];
    uint64_t seed;
    checkpoint_array arrays[4];
} contents;

static void fill(contents *c)
{
    memset(c, 0, sizeof *c);
    for (int i = 0; i < 24; i++)
        (&c->weight[0][0][0][0])[i] = (float)i / 7.0f;
    c->bias[0] = -0.0f, c->bias[1] = FLT_MAX, c->bias[2] = 1e-42f;
    c->steps[0] = -1, c->steps[1] = INT64_MAX;
    c->seed = UINT64_MAX;
    // Not in order of names.
    const checkpoint_array arrays[4] = {
        {"query/layer1.0.conv1.weight", ARRAY_F32, 4, {2, 3, 2, 2}, c->weight},
        {"seed", ARRAY_U64, 0, {0}, &c->seed},
        {"query/fc.bias", ARRAY_F32, 1, {3}, c->bias},
        {"loop/steps", ARRAY_I64, 1, {2}, c->steps},
    };
    memcpy(c->arrays, arrays, sizeof arrays);
}

static const checkpoint_text texts[] = {{"job", "run: x\nseed: 1\n"},
                                        {"versions", "HDF5 \xc3\xa9"}};

static const char *write_one(const char *name)
{
    contents c;
    fill(&c);
    const char *path = test_path(&folder, name);
    assert_ok(checkpoint_write(path, c.arrays, 4, texts, 2));
    return path;
}

static void arrays_and_texts_come_back(void **state)
{
    (void)state;
    const char *path = write_one("whole.h5");
    contents written, read;
    fill(&written);
    fill(&read);
    for (int i = 0; i < 4; i++)
        memset(read.arrays[i].data, 7, i == 0 ? 96 : 8);
    checkpoint *c;
    assert_ok(checkpoint_open(&c, path));
    for (int i = 0; i < 4; i++)
        assert_ok(checkpoint_read(c, &read.arrays[i]));
    assert_memory_equal(read.weight, written.weight, sizeof read.weight);
    assert_memory_equal(read.bias, written.bias, sizeof read.bias);
    assert_memory_equal(read.steps, written.steps, sizeof read.steps);
    assert_true(read.seed == written.seed);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(checkpoint_get_text(c, "job"), texts[0].value);
        assert_string_equal(checkpoint_get_text(c, "versions"), texts[1].value);
        assert_null(checkpoint_get_text(c, "absent"));
    }
    checkpoint_close(c);
}

static void a_long_text_comes_back(void **state)
{
    (void)state;
    static char job[100001];
    memset(job, 'x', sizeof job - 1);
    const checkpoint_text text = {"job", job};
    const char *path = test_path(&folder, "long.h5");
    assert_ok(checkpoint_write(path, NULL, 0, &text, 1));
    checkpoint *c;
    assert_ok(checkpoint_open(&c, path));
    assert_int_equal(checkpoint_count(c), 0);
    assert_string_equal(checkpoint_get_text(c, "job"), job);
    checkpoint_close(c);
}

static void arrays_are_described_in_order_of_names(void **state)
{
    (void)state;
    checkpoint *c;
    assert_ok(checkpoint_open(&c, write_one("described.h5")));
    const char *names[] = {"loop/steps", "query/fc.bias", "query/layer1.0.conv1.weight", "seed"};
    const array_type types[] = {ARRAY_I64, ARRAY_F32, ARRAY_F32, ARRAY_U64};
    const int ranks[] = {1, 1, 4, 0};
    assert_int_equal(checkpoint_count(c), 4);
    for (size_t i = 0; i < 4; i++) {
        checkpoint_array array = {.data = &array};
        checkpoint_describe(c, i, &array);
        assert_string_equal(array.name, names[i]);
        assert_int_equal(array.type, types[i]);
        assert_int_equal(array.rank, ranks[i]);
        assert_ptr_equal(array.data, &array);
        if (i == 2) assert_true(array.dims[0] == 2 && array.dims[1] == 3 && array.dims[3] == 2);
    }
    checkpoint_close(c);
}

// Names with slashes are groups, so that h5py and h5dump show a tree.
static void slashes_make_groups(void **state)
{
    (void)state;
    hid_t file = H5Fopen(write_one("groups.h5"), H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t group = H5Gopen2(file, "query", H5P_DEFAULT);
    assert_true(group >= 0);
    assert_true(H5Lexists(group, "fc.bias", H5P_DEFAULT) > 0);
    H5Gclose(group);
    H5Fclose(file);
}

static uint64_t hash_of(const char *path, const char *prefix)
{
    checkpoint *c;
    uint64_t hash = 0;
    assert_ok(checkpoint_open(&c, path));
    assert_ok(checkpoint_hash(c, prefix, &hash));
    checkpoint_close(c);
    return hash;
}

static uint64_t hash_written(contents *c, const char *prefix)
{
    const char *path = test_path(&folder, "hashed.h5");
    assert_ok(checkpoint_write(path, c->arrays, 4, NULL, 0));
    return hash_of(path, prefix);
}

static void hash_is_of_names_types_dims_and_contents_alone(void **state)
{
    (void)state;
    contents c;
    fill(&c);
    uint64_t all = hash_of(write_one("hash.h5"), ""),
             query = hash_of(write_one("hash.h5"), "query/");
    assert_true(all != query);
    assert_true(hash_written(&c, "") == all); // texts do not count
    checkpoint_array first = c.arrays[0];
    c.arrays[0] = c.arrays[2];
    c.arrays[2] = first;
    assert_true(hash_written(&c, "") == all); // nor does the order of writing
    c.seed--;
    assert_true(hash_written(&c, "") != all);
    assert_true(hash_written(&c, "query/") == query);
    c.seed++;
    c.arrays[3].type = ARRAY_U64;
    assert_true(hash_written(&c, "") != all);
    c.arrays[3].type = ARRAY_I64;
    c.arrays[2].dims[0] = 3, c.arrays[2].dims[1] = 2;
    assert_true(hash_written(&c, "query/") != query);
    c.arrays[2].dims[0] = 2, c.arrays[2].dims[1] = 3;
    snprintf(c.arrays[0].name, sizeof c.arrays[0].name, "query/fc.bios");
    assert_true(hash_written(&c, "query/") != query);
}

static void another_layout_is_refused_in_words(void **state)
{
    (void)state;
    contents c;
    fill(&c);
    checkpoint *open;
    assert_ok(checkpoint_open(&open, write_one("layout.h5")));
    checkpoint_array other = c.arrays[0];
    other.dims[1] = 4;
    assert_fails(checkpoint_read(open, &other), ST_BAD_DATA,
                 "\"query/layer1.0.conv1.weight\" is float32 (2, 3, 2, 2), but this job expects "
                 "float32 (2, 4, 2, 2)");
    other = c.arrays[3];
    other.type = ARRAY_U64;
    assert_fails(checkpoint_read(open, &other), ST_BAD_DATA, "is int64 (2)");
    snprintf(other.name, sizeof other.name, "nowhere");
    assert_fails(checkpoint_read(open, &other), ST_BAD_DATA, "holds no array \"nowhere\"");
    checkpoint_close(open);
}

static void what_is_no_checkpoint_is_refused(void **state)
{
    (void)state;
    checkpoint *c;
    assert_fails(checkpoint_open(&c, test_path(&folder, "absent.h5")), ST_NO_INPUT, "absent.h5");
    test_write(&folder, "text.h5", "hello", 5);
    const char *path = test_path(&folder, "text.h5");
    assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "not a checkpoint of basin");
    assert_ok(seal_write(path));
    assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "not an HDF5 file");
    path = test_path(&folder, "foreign.h5");
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "not a checkpoint of basin");
    assert_ok(seal_write(path));
    assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "an HDF5 file, but not a checkpoint");
}

static void another_format_version_is_refused(void **state)
{
    (void)state;
    const char *path = write_one("version.h5");
    int version = CHECKPOINT_FORMAT_VERSION + 1;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t attribute = H5Aopen(file, "format_version", H5P_DEFAULT);
    H5Awrite(attribute, H5T_NATIVE_INT, &version);
    H5Aclose(attribute);
    H5Fclose(file);
    assert_ok(seal_write(path));
    checkpoint *c;
    assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "format version 4");
}

// ST_OK only if the file opens and every array has its hash.
static status verify(const char *path, uint64_t *hash)
{
    checkpoint *c;
    TRY(checkpoint_open(&c, path));
    status s = checkpoint_hash(c, "", hash);
    checkpoint_close(c);
    return s;
}

// Any flipped bit either fails or was in a byte that means nothing: never other contents.
static void no_flipped_bit_passes_as_other_contents(void **state)
{
    (void)state;
    const char *path = write_one("flip.h5");
    uint64_t whole = 0, hash = 0;
    assert_ok(verify(path, &whole));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    int file = open(path, O_RDWR), noticed = 0;
    for (off_t at = 0; at < info.st_size; at += 2) {
        unsigned char byte, flipped;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        flipped = byte ^ (unsigned char)(1 << at % 8);
        assert_int_equal(pwrite(file, &flipped, 1, at), 1);
        if (verify(path, &hash) != ST_OK)
            noticed++;
        else
            assert_true(hash == whole);
        status_clear();
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    close(file);
    assert_true(noticed > 20);
    assert_ok(verify(path, &hash));
}

static void a_flipped_weight_is_named(void **state)
{
    (void)state;
    const char *path = write_one("weight.h5");
    float wrong = 3.0f;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "query/fc.bias", H5P_DEFAULT);
    haddr_t offset = H5Dget_offset(dataset);
    H5Dclose(dataset);
    H5Fclose(file);
    int descriptor = open(path, O_RDWR);
    assert_int_equal(pwrite(descriptor, &wrong, 4, (off_t)offset), 4);
    close(descriptor);
    assert_ok(seal_write(path)); // HDF5 has cut the old one off
    contents c;
    fill(&c);
    checkpoint *open;
    assert_ok(checkpoint_open(&open, path));
    assert_ok(checkpoint_read(open, &c.arrays[0]));
    assert_fails(checkpoint_read(open, &c.arrays[2]), ST_BAD_DATA, "\"query/fc.bias\" is damaged");
    checkpoint_close(open);
}

// HDF5 itself would not survive some of these.
static void no_flipped_byte_comes_before_hdf5(void **state)
{
    (void)state;
    const char *path = write_one("sealed.h5");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    int file = open(path, O_RDWR);
    for (off_t at = 0; at < info.st_size - SEAL_BYTES; at += 7) {
        unsigned char byte, flipped;
        assert_int_equal(pread(file, &byte, 1, at), 1);
        flipped = byte ^ 0xff;
        assert_int_equal(pwrite(file, &flipped, 1, at), 1);
        assert_fails(seal_check(path), ST_BAD_DATA, "its bytes are not those");
        assert_int_equal(pwrite(file, &byte, 1, at), 1);
    }
    close(file);
    assert_ok(checkpoint_verify(path, NULL));
    assert_int_equal(truncate(path, info.st_size - SEAL_BYTES), 0);
    assert_fails(checkpoint_verify(path, NULL), ST_BAD_DATA, "its seal is missing");
}

// The hashes of the arrays that are left are right; the manifest knows better.
static void a_lost_array_or_changed_text_is_noticed(void **state)
{
    (void)state;
    const char *path = write_one("lost.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    assert_true(H5Ldelete(file, "query/fc.bias", H5P_DEFAULT) >= 0);
    H5Fclose(file);
    assert_ok(seal_write(path));
    assert_fails(checkpoint_verify(path, NULL), ST_BAD_DATA, "manifest");
    path = write_one("text.h5");
    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t text = H5Aopen(file, "job", H5P_DEFAULT), type = H5Aget_type(text);
    assert_true(H5Awrite(text, type, "run: x\nseed: 2\n") >= 0);
    H5Tclose(type);
    H5Aclose(text);
    H5Fclose(file);
    assert_ok(seal_write(path));
    assert_fails(checkpoint_verify(path, NULL), ST_BAD_DATA, "manifest");
    assert_ok(checkpoint_verify(write_one("whole.h5"), NULL));
}

// Arrays larger than what is moved at once, of rows that do not divide it, or of one huge row.
static void large_arrays_come_back_in_pieces(void **state)
{
    (void)state;
    enum { COUNT = 3000000 };
    float *written = malloc(COUNT * sizeof *written), *read = malloc(COUNT * sizeof *read);
    assert_non_null(written);
    assert_non_null(read);
    for (int i = 0; i < COUNT; i++)
        written[i] = (float)i;
    const checkpoint_array arrays[] = {{"tall", ARRAY_F32, 2, {300000, 10}, written},
                                       {"wide", ARRAY_F32, 2, {1, COUNT}, written},
                                       {"none", ARRAY_F32, 2, {0, 10}, written}};
    const char *path = test_path(&folder, "large.h5");
    assert_ok(checkpoint_write(path, arrays, 3, NULL, 0));
    checkpoint *c;
    assert_ok(checkpoint_open(&c, path));
    for (int i = 0; i < 3; i++) {
        checkpoint_array array = arrays[i];
        array.data = read;
        memset(read, 7, COUNT * sizeof *read);
        assert_ok(checkpoint_read(c, &array));
        if (i < 2) assert_memory_equal(read, written, COUNT * sizeof *read);
    }
    checkpoint_close(c);
    assert_ok(checkpoint_verify(path, NULL));
    free(written);
    free(read);
}

static void truncated_files_are_refused(void **state)
{
    (void)state;
    const char *path = write_one("short.h5");
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    for (off_t size = info.st_size - 1; size > 0; size = size * 3 / 4) {
        checkpoint *c;
        assert_int_equal(truncate(path, size), 0);
        assert_fails(checkpoint_open(&c, path), ST_BAD_DATA, "short.h5");
    }
}

static void equal_contents_give_equal_files(void **state)
{
    (void)state;
    size_t sizes[2];
    char *files[2];
    files[0] = test_read(write_one("first.h5"), &sizes[0]);
    sleep(1); // HDF5 counts time in seconds, and would write it down
    files[1] = test_read(write_one("second.h5"), &sizes[1]);
    assert_int_equal(sizes[0], sizes[1]);
    assert_memory_equal(files[0], files[1], sizes[0]);
    free(files[0]);
    free(files[1]);
}

// A file size limit stands for a full disk, at each of many sizes; the last is after all but the
// end of the file.
static void a_full_disk_leaves_the_old_file_and_nothing_else(void **state)
{
    (void)state;
    const char *path = write_one("full.h5");
    uint64_t old = 0, hash = 0;
    assert_ok(verify(path, &old));
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    int files = test_count(&folder);
    contents c;
    fill(&c);
    c.seed = 1;
    struct rlimit unlimited, limit;
    getrlimit(RLIMIT_FSIZE, &unlimited);
    signal(SIGXFSZ, SIG_IGN);
    for (int part = 0; part < 20; part++) {
        limit = unlimited;
        limit.rlim_cur = (rlim_t)(info.st_size - 1) * (rlim_t)part / 19;
        setrlimit(RLIMIT_FSIZE, &limit);
        status s = checkpoint_write(path, c.arrays, 4, texts, 2);
        setrlimit(RLIMIT_FSIZE, &unlimited);
        assert_fails(s, ST_IO, "File too large");
        assert_int_equal(test_count(&folder), files);
        assert_ok(verify(path, &hash));
        assert_true(hash == old);
    }
    assert_ok(checkpoint_write(path, c.arrays, 4, texts, 2)); // and HDF5 is still usable
    assert_ok(verify(path, &hash));
    assert_true(hash != old);
}

static void a_missing_folder_is_told(void **state)
{
    (void)state;
    contents c;
    fill(&c);
    assert_fails(checkpoint_write(test_path(&folder, "no/such/folder.h5"), c.arrays, 4, NULL, 0),
                 ST_IO, "No such file or directory");
}

static void an_impossible_name_is_told(void **state)
{
    (void)state;
    contents c;
    fill(&c);
    int files = test_count(&folder);
    snprintf(c.arrays[1].name, sizeof c.arrays[1].name, "query"); // is a group already
    assert_fails(checkpoint_write(test_path(&folder, "name.h5"), c.arrays, 4, NULL, 0), ST_IO,
                 "writing query failed");
    assert_int_equal(test_count(&folder), files);
}

static void a_file_says_what_it_is(void **state)
{
    (void)state;
    file_kind kind;
    assert_ok(file_kind_find(write_one("kind.h5"), &kind));
    assert_int_equal(kind, FILE_CHECKPOINT);
    test_write(&folder, "text.txt", "hello", 5);
    assert_ok(file_kind_find(test_path(&folder, "text.txt"), &kind));
    assert_int_equal(kind, FILE_FOREIGN);
    assert_fails(file_kind_find(test_path(&folder, "absent"), &kind), ST_NO_INPUT, "absent");
}

static void data_sets_are_listed_with_shape_and_type(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    assert_ok(hdf5_list(write_one("list.h5"), out));
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, "/loop/steps (2 int64)\n/query/fc.bias (3 float32)\n"
                              "/query/layer1.0.conv1.weight (2 x 3 x 2 x 2 float32)\n"
                              "/seed (single value uint64)\n");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_and_texts_come_back),
        cmocka_unit_test(a_long_text_comes_back),
        cmocka_unit_test(arrays_are_described_in_order_of_names),
        cmocka_unit_test(slashes_make_groups),
        cmocka_unit_test(hash_is_of_names_types_dims_and_contents_alone),
        cmocka_unit_test(another_layout_is_refused_in_words),
        cmocka_unit_test(what_is_no_checkpoint_is_refused),
        cmocka_unit_test(another_format_version_is_refused),
        cmocka_unit_test(no_flipped_bit_passes_as_other_contents),
        cmocka_unit_test(a_flipped_weight_is_named),
        cmocka_unit_test(no_flipped_byte_comes_before_hdf5),
        cmocka_unit_test(a_lost_array_or_changed_text_is_noticed),
        cmocka_unit_test(large_arrays_come_back_in_pieces),
        cmocka_unit_test(truncated_files_are_refused),
        cmocka_unit_test(equal_contents_give_equal_files),
        cmocka_unit_test(a_full_disk_leaves_the_old_file_and_nothing_else),
        cmocka_unit_test(a_missing_folder_is_told),
        cmocka_unit_test(an_impossible_name_is_told),
        cmocka_unit_test(a_file_says_what_it_is),
        cmocka_unit_test(data_sets_are_listed_with_shape_and_type),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
