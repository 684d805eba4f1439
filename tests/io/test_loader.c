// Batches hold the samples that the order names, however the workers are spread over ranks, and a
// bad sample is told without stopping the stream.
#include "tests/check.h"

#include "io/checkpoint/checkpoint.h"
#include "io/views/loader.h"
#include "io/shards/shard.h"
#include "tests/allocations.h"
#include "tests/io/augment_apply.h"
#include "tests/io/group_folder.h"
#include "tests/io/sample_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define SAMPLES     50
#define VIEW_FLOATS ((size_t)60)  // 3 x 5 x 4
#define STREAM_ROWS ((size_t)144) // 6 steps, 2 views, 12 rows

typedef struct fixture {
    dataset *dataset;
    augmenter *augmenter;
} fixture;

static fixture open_fixture(const sample_file *f, const char *recipe)
{
    fixture x;
    dataset_source source = {
        .files = f->path, .images = f->images, .labels = "/labels", .axes = f->axes};
    sample_file_write(f);
    assert_ok(dataset_open(&x.dataset, &source));
    assert_ok(augmenter_create(&x.augmenter, recipe, dataset_get_info(x.dataset), 0));
    return x;
}

static void close_fixture(fixture *x)
{
    augmenter_destroy(x->augmenter);
    dataset_close(x->dataset);
}

static sample_file plain_file(const char *name)
{
    return sample_file_initial(test_path(&folder, name), SAMPLES);
}

// 4 workers of 3 samples; the second view is dealt.
static loader_plan plan_of(int first_worker, int worker_count)
{
    return (loader_plan){.order = {.seed = 7, .count = SAMPLES, .batch = 12},
                         .first_worker = first_worker,
                         .worker_count = worker_count,
                         .worker_batch = 3,
                         .view_count = 2,
                         .views = {{0, false}, {1, true}},
                         .first_step = 2,
                         .step_stride = 1,
                         .step_count = 6};
}

static void rows_are_the_samples_of_the_order(void **state)
{
    (void)state;
    sample_file f = plain_file("order.h5");
    fixture x = open_fixture(&f, "crop_flip");
    loader_plan plan = plan_of(1, 2);
    loader *l;
    // A second reader and augmenter do by hand what the loader's thread does.
    fixture y = open_fixture(&f, "crop_flip");
    assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
    double waited = 0;
    float expected[VIEW_FLOATS];
    uint8_t pixels[VIEW_FLOATS];
    for (uint64_t step = 2; step < 8; step++) {
        const batch *b = loader_next(l, &waited);
        assert_non_null(b);
        assert_int_equal(b->status, ST_OK);
        assert_int_equal(b->step, step);
        for (uint64_t row = 0; row < 6; row++)
            for (uint32_t v = 0; v < 2; v++) {
                uint64_t position = v == 0 ? 3 + row : order_shuffled(&plan.order, step, 3 + row);
                uint64_t id = order_sample(&plan.order, step, position);
                assert_int_equal(b->ids[v][row], id);
                assert_ok(dataset_read(y.dataset, id, pixels));
                augment_apply(y.augmenter, (view_key){7, (uint32_t)(step / 4), id, v}, pixels,
                              stored_size(dataset_get_info(y.dataset)), expected);
                assert_memory_equal(b->views[v] + row * VIEW_FLOATS, expected, sizeof expected);
            }
    }
    assert_null(loader_next(l, &waited));
    assert_null(loader_next(l, &waited));
    assert_true(waited >= 0);
    loader_destroy(l);
    close_fixture(&x);
    close_fixture(&y);
}

// An epoch of 3 samples an image: every one once, each with draws of its own.
static void an_image_is_as_many_samples_as_patches(void **state)
{
    (void)state;
    sample_file f = plain_file("patches.h5");
    fixture x = open_fixture(&f, "crop_flip"), y = open_fixture(&f, "crop_flip");
    loader_plan plan = plan_of(0, 4);
    plan.patches = 3;
    plan.order.count = loader_samples(SAMPLES, 3);
    plan.first_step = 0;
    plan.step_count = order_steps_per_epoch(&plan.order);
    assert_int_equal(plan.step_count, 12); // 144 of 150
    loader *l;
    assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
    double waited = 0;
    float expected[VIEW_FLOATS];
    uint8_t pixels[VIEW_FLOATS];
    int seen[3 * SAMPLES] = {0}, total = 0;
    const batch *b;
    while ((b = loader_next(l, &waited)) != NULL)
        for (uint64_t row = 0; row < 12; row++) {
            uint64_t id = order_sample(&plan.order, b->step, row);
            assert_int_equal(b->ids[0][row], id);
            assert_int_equal(seen[id]++, 0);
            total++;
            assert_ok(dataset_read(y.dataset, id / 3, pixels));
            augment_apply(y.augmenter, (view_key){7, 0, id, 0}, pixels,
                          stored_size(dataset_get_info(y.dataset)), expected);
            assert_memory_equal(b->views[0] + row * VIEW_FLOATS, expected, sizeof expected);
        }
    assert_int_equal(total, 144);
    loader_destroy(l);
    close_fixture(&x);
    close_fixture(&y);
}

// All batches of one rank's loader: (step, view, row) pixels and ids.
static void collect(int first_worker, int worker_count, float *views, uint64_t *ids)
{
    sample_file f = plain_file("ranks.h5");
    fixture x = open_fixture(&f, "crop_flip");
    loader_plan plan = plan_of(first_worker, worker_count);
    loader *l;
    assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
    double waited = 0;
    size_t rows = (size_t)worker_count * 3;
    for (size_t step = 0; step < 6; step++) {
        const batch *b = loader_next(l, &waited);
        for (size_t v = 0; v < 2; v++) {
            size_t at = (step * 2 + v) * 12 + (size_t)first_worker * 3;
            memcpy(views + at * VIEW_FLOATS, b->views[v], rows * VIEW_FLOATS * sizeof *views);
            memcpy(ids + at, b->ids[v], rows * sizeof *ids);
        }
    }
    loader_destroy(l);
    close_fixture(&x);
}

static void ranks_together_hold_what_one_rank_holds(void **state)
{
    (void)state;
    static float one[STREAM_ROWS * VIEW_FLOATS], four[STREAM_ROWS * VIEW_FLOATS];
    static uint64_t one_ids[STREAM_ROWS], four_ids[STREAM_ROWS];
    collect(0, 4, one, one_ids);
    for (int rank = 0; rank < 4; rank++)
        collect(rank, 1, four, four_ids);
    assert_memory_equal(one, four, sizeof one);
    assert_memory_equal(one_ids, four_ids, sizeof one_ids);
}

// Chunks of 8 dealt to 3 ranks: each sample once, then the last one again.
static void sequential_chunks_cover_the_data(void **state)
{
    (void)state;
    sample_file f = plain_file("chunks.h5");
    fixture x = open_fixture(&f, "none");
    int seen[SAMPLES] = {0};
    for (uint64_t rank = 0; rank < 3; rank++) {
        loader_plan plan = {.mode = LOADER_SEQUENTIAL,
                            .order = {.count = SAMPLES, .batch = 8},
                            .worker_count = 1,
                            .worker_batch = 8,
                            .view_count = 1,
                            .first_step = rank,
                            .step_stride = 3,
                            .step_count = rank == 0 ? 3 : 2};
        loader *l;
        double waited = 0;
        assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
        for (uint64_t i = 0; i < plan.step_count; i++) {
            const batch *b = loader_next(l, &waited);
            assert_int_equal(b->step, rank + 3 * i);
            for (uint64_t row = 0; row < 8; row++) {
                uint64_t sample = b->step * 8 + row;
                assert_int_equal(b->ids[0][row], sample < SAMPLES ? sample : SAMPLES - 1);
                seen[b->ids[0][row]]++;
            }
        }
        assert_null(loader_next(l, &waited));
        loader_destroy(l);
    }
    for (int i = 0; i < SAMPLES; i++)
        assert_int_equal(seen[i], i == SAMPLES - 1 ? 7 : 1);
    close_fixture(&x);
}

// Inverts a byte of one sample in the file.
static void damage(const char *path, uint64_t sample)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t images = H5Dopen2(file, "images", H5P_DEFAULT);
    off_t at = (off_t)(H5Dget_offset(images) + sample * VIEW_FLOATS);
    H5Dclose(images);
    H5Fclose(file);
    int descriptor = open(path, O_RDWR);
    uint8_t byte;
    assert_int_equal(pread(descriptor, &byte, 1, at), 1);
    byte = (uint8_t)~byte;
    assert_int_equal(pwrite(descriptor, &byte, 1, at), 1);
    close(descriptor);
}

// Batches of 4 in the stored order; sample `bad` is damaged after the data set was opened.
static loader *damaged_loader(fixture *x, const char *name, uint64_t bad)
{
    sample_file f = plain_file(name);
    f.crc = true;
    *x = open_fixture(&f, "none");
    damage(f.path, bad);
    loader_plan plan = {.mode = LOADER_SEQUENTIAL,
                        .order = {.count = SAMPLES, .batch = 4},
                        .worker_count = 1,
                        .worker_batch = 4,
                        .view_count = 1,
                        .step_stride = 1,
                        .step_count = 3};
    loader *l;
    assert_ok(loader_create(&l, x->dataset, x->augmenter, &plan));
    return l;
}

static void a_bad_sample_is_told_and_replaced_by_a_good_one(void **state)
{
    (void)state;
    fixture x;
    double waited = 0;
    loader *l = damaged_loader(&x, "bad.h5", 6);
    assert_int_equal(loader_next(l, &waited)->status, ST_OK);
    const batch *b = loader_next(l, &waited);
    assert_int_equal(b->status, ST_BAD_DATA);
    assert_non_null(strstr(b->message, "bad.h5: sample 6 is damaged"));
    const uint64_t ids[] = {4, 5, 5, 7};
    assert_memory_equal(b->ids[0], ids, sizeof ids);
    assert_memory_equal(b->views[0] + VIEW_FLOATS, b->views[0] + 2 * VIEW_FLOATS,
                        VIEW_FLOATS * sizeof(float));
    b = loader_next(l, &waited);
    assert_int_equal(b->status, ST_OK);
    assert_string_equal(b->message, "");
    loader_destroy(l);
    close_fixture(&x);
}

static void a_bad_first_sample_is_zero(void **state)
{
    (void)state;
    fixture x;
    double waited = 0;
    loader *l = damaged_loader(&x, "first.h5", 0);
    const batch *b = loader_next(l, &waited);
    assert_int_equal(b->status, ST_BAD_DATA);
    const dataset_info *info = dataset_get_info(x.dataset);
    float zero = (0 - info->mean[0]) / info->deviation[0];
    assert_true(b->views[0][0] > zero - 1e-4f && b->views[0][0] < zero + 1e-4f);
    assert_int_equal(b->ids[0][1], 1);
    loader_destroy(l);
    close_fixture(&x);
}

static void a_loader_stops_in_mid_stream(void **state)
{
    (void)state;
    sample_file f = plain_file("stop.h5");
    fixture x = open_fixture(&f, "none");
    loader_plan plan = plan_of(0, 4);
    plan.step_count = 1000000;
    for (int taken = 0; taken < 5; taken++) {
        loader *l;
        double waited = 0;
        assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
        for (int i = 0; i < taken; i++)
            assert_non_null(loader_next(l, &waited));
        loader_destroy(l);
    }
    loader_destroy(NULL);
    close_fixture(&x);
}

static void no_steps_give_no_batch(void **state)
{
    (void)state;
    sample_file f = plain_file("none.h5");
    fixture x = open_fixture(&f, "none");
    loader_plan plan = plan_of(0, 4);
    plan.step_count = 0;
    loader *l;
    double waited = 0;
    assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
    assert_null(loader_next(l, &waited));
    loader_destroy(l);
    close_fixture(&x);
}

static void the_stream_allocates_nothing(void **state)
{
    (void)state;
    sample_file f = plain_file("memory.h5");
    fixture x = open_fixture(&f, "crop_flip");
    loader_plan plan = plan_of(0, 4);
    loader *l;
    double waited = 0;
    int before_create = allocation_count();
    assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
    int before = allocation_count();
    assert_true(before > before_create); // the count does count
    while (loader_next(l, &waited) != NULL)
        ;
    assert_int_equal(allocation_count(), before);
    loader_destroy(l);
    close_fixture(&x);
}

// The I/O thread reads compressed chunks while this one evaluates and writes checkpoints.
static void hdf5_serves_two_threads(void **state)
{
    (void)state;
    sample_file f = plain_file("train.h5"), g = plain_file("test.h5");
    const char *saved = test_path(&folder, "step.h5");
    memcpy(f.chunk, (uint64_t[]){3, 5, 4, 3}, sizeof f.chunk); // decoded by basin
    memcpy(g.chunk, (uint64_t[]){3, 2, 2, 3}, sizeof g.chunk); // by HDF5
    f.gzip = g.gzip = 1;
    sample_file_write(&g);
    fixture x = open_fixture(&f, "crop_flip");
    loader_plan plan = plan_of(0, 4);
    plan.step_count = 40;
    loader *l;
    double waited = 0;
    assert_ok(loader_create(&l, x.dataset, x.augmenter, &plan));
    uint8_t pixels[VIEW_FLOATS];
    for (uint64_t i = 0; i < 40; i++) {
        dataset_source source = {
            .files = g.path, .images = "/images", .labels = "", .axes = "NHWC"};
        dataset *d;
        assert_ok(dataset_open(&d, &source));
        assert_ok(dataset_read(d, i, pixels));
        assert_int_equal(pixels[0], (int)sample_value(i, 0, 0, 0));
        dataset_close(d);
        checkpoint_array array = {"step", ARRAY_U64, 0, {0}, &i};
        assert_ok(checkpoint_write(saved, &array, 1, NULL, 0));
        assert_int_equal(loader_next(l, &waited)->status, ST_OK);
    }
    loader_destroy(l);
    close_fixture(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_the_samples_of_the_order),
        cmocka_unit_test(ranks_together_hold_what_one_rank_holds),
        cmocka_unit_test(sequential_chunks_cover_the_data),
        cmocka_unit_test(an_image_is_as_many_samples_as_patches),
        cmocka_unit_test(a_bad_sample_is_told_and_replaced_by_a_good_one),
        cmocka_unit_test(a_bad_first_sample_is_zero),
        cmocka_unit_test(a_loader_stops_in_mid_stream),
        cmocka_unit_test(no_steps_give_no_batch),
        cmocka_unit_test(the_stream_allocates_nothing),
        cmocka_unit_test(hdf5_serves_two_threads),
    };
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
