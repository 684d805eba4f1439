// The whitening matrix is numpy's; views of a data set come out uncorrelated, and by the same
// matrix for all that share its statistics.
#include "tests/check.h"
#include "tests/golden/whitening.h"

#include "io/shards/shard_writer.h"
#include "models/kernels/symmetric_eigen.h"
#include "tests/io/augment_apply.h"
#include "tests/io/folder.h"
#include "trainer/streams/view_statistics.h"
#include "trainer/streams/whitening.h"

#include <math.h>
#include <stdlib.h>

#define SIDE    4
#define DIM     (SIDE * SIDE)
#define SAMPLES 3000

static test_folder folder;

static void eigenvectors_make_the_matrix(void **state)
{
    (void)state;
    double matrix[] = {2, -1, 0, -1, 2, -1, 0, -1, 2}, values[3];
    const double stored[] = {2, -1, 0, -1, 2, -1, 0, -1, 2};
    assert_ok(symmetric_eigen(matrix, 3, values));
    assert_true(fabs(values[0] - (2 - sqrt(2))) < 1e-12 && fabs(values[1] - 2) < 1e-12);
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            double sum = 0;
            for (int v = 0; v < 3; v++)
                sum += values[v] * matrix[v * 3 + i] * matrix[v * 3 + k];
            assert_true(fabs(sum - stored[i * 3 + k]) < 1e-12);
        }
}

static void the_matrix_is_numpys(void **state)
{
    (void)state;
    double covariance[GOLDEN_DIM * GOLDEN_DIM] = {0};
    float matrix[GOLDEN_DIM * GOLDEN_DIM];
    for (int i = 0; i < GOLDEN_DIM - 1; i++)
        for (int k = 0; k < GOLDEN_DIM - 1; k++)
            covariance[i * GOLDEN_DIM + k] = (1 + 0.1 * i) * (1 + 0.1 * k) * pow(0.8, abs(i - k));
    assert_ok(whitening_matrix(covariance, GOLDEN_DIM, 0.01, matrix));
    for (int i = 0; i < GOLDEN_DIM * GOLDEN_DIM; i++)
        assert_true(fabs((double)matrix[i] - (double)golden_whitening[i]) < 2e-5);
}

// Float images whose neighbours are alike: a random walk along the pixels, about a mean.
static void make_pixels(uint64_t sample, float *pixels)
{
    rng r = rng_open(5, RNG_TEST, 0, sample, 0);
    float walk = 0;
    for (int i = 0; i < DIM; i++) {
        walk = 0.9f * walk + rng_normal(&r);
        pixels[i] = 10.0f + walk;
    }
}

static void write_data(const char *path)
{
    shard_writer *w;
    float pixels[DIM];
    assert_ok(shard_writer_open(
        &w, path, &(sample_shape){.height = SIDE, .width = SIDE, .channels = 1, .type = PIXEL_F32},
        SAMPLES));
    for (uint64_t i = 0; i < SAMPLES; i++) {
        make_pixels(i, pixels);
        assert_ok(shard_writer_add(w, pixels, NULL));
    }
    assert_ok(shard_writer_close(w));
}

// One direction, the view's mean, is taken away before whitening; in all others the variance is
// l / (l + epsilon), at least 0.9 here.
static void views_come_out_uncorrelated(void **state)
{
    (void)state;
    char path[512], text[1024];
    snprintf(path, sizeof path, "%s", test_path(&folder, "walk.h5"));
    write_data(path);
    snprintf(text, sizeof text, "{run: r, data: {train: \"%s\", augment: whitened}}", path);
    job j;
    assert_ok(job_parse(&j, text, "test"));
    dataset *data;
    augmenter *a, *again;
    assert_ok(dataset_open(
        &data,
        &(dataset_source){.files = path, .images = "/images", .labels = "", .axes = "NHWC"}));
    view_statistics units;
    assert_ok(view_statistics_learn(&units, &j, data));
    assert_ok(views_create(&a, "whitened", &j, dataset_get_info(data), &units));
    assert_ok(views_create(&again, "whitened", &j, dataset_get_info(data), &units));
    static double covariance[DIM][DIM];
    double mean[DIM] = {0}, trace = 0;
    float pixels[DIM], view[DIM], second[DIM];
    for (uint64_t n = 0; n < SAMPLES; n++) {
        make_pixels(n, pixels);
        augment_apply(a, (view_key){1, 0, n, 0}, pixels, stored_size(dataset_get_info(data)), view);
        augment_apply(again, (view_key){1, 0, n, 0}, pixels, stored_size(dataset_get_info(data)),
                      second);
        assert_memory_equal(view, second, sizeof view);
        for (int i = 0; i < DIM; i++) {
            mean[i] += (double)view[i] / SAMPLES;
            for (int k = 0; k < DIM; k++)
                covariance[i][k] += (double)view[i] * (double)view[k] / SAMPLES;
        }
    }
    for (int i = 0; i < DIM; i++) {
        assert_true(fabs(mean[i]) < 1e-4);
        trace += covariance[i][i];
        for (int k = 0; k < DIM; k++) // the identity, less the direction of the mean
            assert_true(fabs(covariance[i][k] - (i == k ? 1.0 : 0.0) + 1.0 / DIM) < 0.1);
    }
    assert_true(trace > 0.9 * (DIM - 1) && trace < DIM - 1);
    augmenter_destroy(a);
    augmenter_destroy(again);
    view_statistics_destroy(&units);
    dataset_close(data);
    job_destroy(&j);
}

static int set_up(void **state)
{
    (void)state;
    return test_folder_create(&folder);
}

static int tear_down(void **state)
{
    (void)state;
    return test_folder_remove(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eigenvectors_make_the_matrix),
        cmocka_unit_test(the_matrix_is_numpys),
        cmocka_unit_test(views_come_out_uncorrelated),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
