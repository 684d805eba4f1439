// tests/trainer/test_view_statistics.c -- statistics of the training data come back from a
// checkpoint bit for bit, do not change its hash, and views of any data are in their units; a
// checkpoint without them falls back to data.train, and one with nonsense is refused.
#include "tests/check.h"

#include "io/shards/shard_writer.h"
#include "tests/io/augment_apply.h"
#include "tests/io/folder.h"
#include "trainer/streams/view_statistics.h"

#include <math.h>

enum { SIDE = 4, PIXELS = SIDE * SIDE };

static test_folder folder;
static char train[512], test[512];

// `count` float images of one channel: pixel i of image n is first + n + i.
static status write_ramps(const char *path, float first, int count)
{
    shard_writer *w;
    TRY(shard_writer_open(
        &w, path, &(sample_shape){.height = SIDE, .width = SIDE, .channels = 1, .type = PIXEL_F32},
        (uint64_t)count));
    for (int n = 0; n < count; n++) {
        float pixels[PIXELS];
        for (int i = 0; i < PIXELS; i++)
            pixels[i] = first + (float)(n + i);
        TRY(shard_writer_add(w, pixels, NULL));
    }
    return shard_writer_close(w);
}

static void load_job(job *j, const char *recipe)
{
    char text[2048];
    snprintf(text, sizeof text, "{run: r, data: {train: \"%s\", augment: %s}}", train, recipe);
    assert_ok(job_parse(j, text, "test"));
}

static void learn(view_statistics *s, const job *j)
{
    dataset *d;
    dataset_source source = job_source(j, j->data.train);
    assert_ok(dataset_open(&d, &source));
    assert_ok(view_statistics_learn(s, j, d));
    dataset_close(d);
}

// A checkpoint with one weight and `more` arrays.
static const char *write_checkpoint(const char *name, const checkpoint_array *more, size_t count)
{
    float weight = 3;
    checkpoint_array arrays[8] = {{"query/weight", ARRAY_F32, 0, {0}, &weight}};
    for (size_t i = 0; i < count; i++)
        arrays[1 + i] = more[i];
    const char *path = test_path(&folder, name);
    assert_ok(checkpoint_write(path, arrays, 1 + count, NULL, 0));
    return path;
}

static uint64_t hash_of(const char *path)
{
    checkpoint *c;
    uint64_t hash;
    assert_ok(checkpoint_open(&c, path));
    assert_ok(checkpoint_hash(c, "", &hash));
    checkpoint_close(c);
    return hash;
}

static void come_back_from_a_checkpoint(void **state)
{
    (void)state;
    job j;
    view_statistics learned, read;
    load_job(&j, "whitened");
    learn(&learned, &j);
    checkpoint_array arrays[4];
    assert_int_equal(view_statistics_describe(&learned, arrays), 4);
    const char *path = write_checkpoint("whole.h5", arrays, 4);
    snprintf(j.data.train, sizeof j.data.train, "nowhere.h5"); // not needed any more
    assert_ok(view_statistics_of_run(&read, &j, path));
    assert_int_equal(read.channels, 1);
    assert_memory_equal(read.mean, learned.mean, sizeof(float));
    assert_memory_equal(read.deviation, learned.deviation, sizeof(float));
    assert_int_equal(read.dim, PIXELS);
    assert_memory_equal(read.whitening_mean, learned.whitening_mean, PIXELS * sizeof(float));
    assert_memory_equal(read.whitening_matrix, learned.whitening_matrix,
                        PIXELS * PIXELS * sizeof(float));
    assert_true(hash_of(path) == hash_of(write_checkpoint("older.h5", NULL, 0)));
    view_statistics_destroy(&learned);
    view_statistics_destroy(&read);
    job_destroy(&j);
}

static void an_older_checkpoint_takes_data_train(void **state)
{
    (void)state;
    job j;
    view_statistics learned, found;
    load_job(&j, "none");
    learn(&learned, &j);
    const char *path = write_checkpoint("old.h5", NULL, 0);
    assert_ok(view_statistics_of_run(&found, &j, path));
    assert_memory_equal(&found, &learned, sizeof found);
    snprintf(j.data.train, sizeof j.data.train, "nowhere.h5");
    assert_fails(view_statistics_of_run(&found, &j, path), ST_NO_INPUT, "nowhere.h5");
    job_destroy(&j);
}

static void views_are_in_their_units(void **state)
{
    (void)state;
    job j;
    view_statistics units;
    dataset *d;
    augmenter *a;
    float pixels[PIXELS], view[PIXELS];
    load_job(&j, "none");
    learn(&units, &j);
    assert_ok(dataset_open(
        &d, &(dataset_source){.files = test, .images = "/images", .labels = "", .axes = ""}));
    const dataset_info *info = dataset_get_info(d);
    assert_true(info->mean[0] > units.mean[0] + 500);
    assert_ok(views_create(&a, "none", &j, info, &units));
    assert_ok(dataset_read(d, 0, pixels));
    augment_apply(a, (view_key){1, 0, 0, 0}, pixels, stored_size(info), view);
    for (int i = 0; i < PIXELS; i++)
        assert_true(fabsf(view[i] * units.deviation[0] + units.mean[0] - pixels[i]) < 1e-3f);
    augmenter_destroy(a);
    dataset_close(d);
    job_destroy(&j);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    job j;
    view_statistics s;
    augmenter *a;
    load_job(&j, "none");
    learn(&s, &j);
    dataset_info info = {.count = 1, .channels = 3, .height = SIDE, .width = SIDE};
    assert_fails(views_create(&a, "none", &j, &info, &s), ST_BAD_DATA, "3 channels");
    info.channels = 1;
    assert_fails(views_create(&a, "whitened", &j, &info, &s), ST_CONFIG, "does not");
    assert_null(a);
    float many[65] = {0}, bad = NAN, one = 1;
    checkpoint_array wrong[2] = {{"data/mean", ARRAY_F32, 1, {65}, many},
                                 {"data/deviation", ARRAY_F32, 1, {65}, many}};
    assert_fails(view_statistics_of_run(&s, &j, write_checkpoint("many.h5", wrong, 2)), ST_BAD_DATA,
                 "1 to 64");
    wrong[0].rank = 2;
    wrong[0].dims[0] = 5, wrong[0].dims[1] = 13;
    assert_fails(view_statistics_of_run(&s, &j, write_checkpoint("rank.h5", wrong, 2)), ST_BAD_DATA,
                 "data/mean");
    wrong[0] = (checkpoint_array){"data/mean", ARRAY_F32, 1, {1}, &one};
    assert_fails(view_statistics_of_run(&s, &j, write_checkpoint("unlike.h5", wrong, 2)),
                 ST_BAD_DATA, "data/deviation");
    wrong[1] = (checkpoint_array){"data/deviation", ARRAY_F32, 1, {1}, &bad};
    assert_fails(view_statistics_of_run(&s, &j, write_checkpoint("nan.h5", wrong, 2)), ST_BAD_DATA,
                 "nan");
    view_statistics_destroy(&s);
    job_destroy(&j);
}

static int set_up(void **state)
{
    (void)state;
    if (test_folder_create(&folder) != 0) return -1;
    snprintf(train, sizeof train, "%s", test_path(&folder, "train.h5"));
    snprintf(test, sizeof test, "%s", test_path(&folder, "test.h5"));
    return write_ramps(train, 0, 40) == ST_OK && write_ramps(test, 1000, 2) == ST_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    return test_folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(come_back_from_a_checkpoint),
        cmocka_unit_test(an_older_checkpoint_takes_data_train),
        cmocka_unit_test(views_are_in_their_units),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
