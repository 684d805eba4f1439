// Synthetic images are functions of their key, balanced over the classes, and hard for raw pixels.
#include "tests/check.h"

#include "io/shards/shard.h"
#include "io/packing/synth.h"
#include "io/packing/synths/spiral.h"
#include "tests/io/folder.h"

#include <math.h>
#include <stdlib.h>

#define LARGEST (64 * 64 * 3) // pixels of the largest image here, times channels

static void every_kind_is_a_function_of_its_key(void **state)
{
    (void)state;
    static float first[LARGEST], again[LARGEST], other[LARGEST]; // room for every type of pixel
    for (const synth_type *const *kind = synth_table; *kind != NULL; kind++)
        for (int size = (*kind)->smallest; size <= 64 && size <= (*kind)->largest; size += 16) {
            sample_shape shape = {size, size, (*kind)->channels, .type = (*kind)->type};
            size_t bytes = sample_bytes(&shape);
            int64_t label = synth_draw(*kind, 1, 0, 7, size, first);
            synth_draw(*kind, 1, 0, 8, size, other);
            assert_memory_not_equal(first, other, bytes);
            assert_int_equal(synth_draw(*kind, 1, 0, 7, size, again), label);
            assert_memory_equal(first, again, bytes);
            synth_draw(*kind, 2, 0, 7, size, other);
            assert_memory_not_equal(first, other, bytes);
            synth_draw(*kind, 1, 1, 7, size, other);
            assert_memory_not_equal(first, other, bytes);
        }
}

static void classes_are_balanced(void **state)
{
    (void)state;
    static float pixels[LARGEST];
    for (const synth_type *const *kind = synth_table; *kind != NULL; kind++) {
        int seen[256] = {0};
        for (uint64_t i = 0; i < 10 * (uint64_t)(*kind)->classes; i++) {
            int64_t label = synth_draw(*kind, 1, 0, i, (*kind)->smallest, pixels);
            assert_in_range(label, 0, (*kind)->classes - 1);
            seen[label]++;
        }
        for (int c = 0; c < (*kind)->classes; c++)
            assert_int_equal(seen[c], 10);
    }
}

// The images that results were measured on: if this must change, all those results are void.
static void shapes_are_the_same_everywhere(void **state)
{
    (void)state;
    static unsigned char pixels[10 * LARGEST];
    static const uint32_t expected[] = {0x505c1f58, 0x5726c7d5};
    for (int k = 0; k < 2; k++) {
        int size = 32 + 16 * k;
        size_t bytes = (size_t)size * (size_t)size * 3;
        for (uint64_t i = 0; i < 10; i++)
            synth_draw(synth_find("shapes"), 1, 0, i, size, pixels + i * bytes);
        uint32_t hash = shard_crc32c(pixels, 10 * bytes);
        if (hash != expected[k]) fail_msg("size %d: hash is 0x%08x", size, hash);
    }
}

// Nearest neighbour by cosine among 1000 images with the mean image taken off: far from the
// classes, though above chance (10 %).
static void raw_pixels_do_not_tell_the_class(void **state)
{
    (void)state;
    enum { TRAIN = 1000, TEST = 200, SIZE = 16, COUNT = SIZE * SIZE * 3 };
    float *images = malloc(sizeof(float) * (TRAIN + TEST) * COUNT);
    int64_t labels[TRAIN + TEST];
    unsigned char pixels[COUNT];
    int right = 0;
    for (int n = 0; n < TRAIN + TEST; n++) {
        double length = 0;
        labels[n] =
            synth_draw(synth_find("shapes"), 3, n < TRAIN ? 0 : 1, (uint64_t)n, SIZE, pixels);
        for (int i = 0; i < COUNT; i++)
            length += pow(pixels[i] - 127.5, 2);
        for (int i = 0; i < COUNT; i++)
            images[n * COUNT + i] = (float)((pixels[i] - 127.5) / sqrt(length));
    }
    for (int n = TRAIN; n < TRAIN + TEST; n++) {
        float best = -2;
        int64_t label = -1;
        for (int m = 0; m < TRAIN; m++) {
            float product = 0;
            for (int i = 0; i < COUNT; i++)
                product += images[n * COUNT + i] * images[m * COUNT + i];
            if (product > best) best = product, label = labels[m];
        }
        right += label == labels[n];
    }
    free(images);
    assert_in_range(right, TEST / 10, TEST * 6 / 10);
}

static void writing_gives_both_splits(void **state)
{
    (void)state;
    test_folder folder;
    shard_series_result made[2];
    assert_int_equal(test_folder_create(&folder), 0);
    synth_job job = {synth_find("shapes"), folder.path, 1, 30, 20, 16, false};
    assert_ok(synth_write(&job, made));
    assert_int_equal(made[0].samples, 30);
    assert_int_equal(made[1].samples, 20);
    assert_int_equal(made[0].classes, 10);
    assert_int_equal(test_count(&folder), 2);
    assert_fails(synth_write(&job, made), ST_USAGE, "--force");
    assert_int_equal(test_count(&folder), 2);
    job.size = 8;
    assert_fails(synth_write(&job, made), ST_USAGE, "16 to 4096 pixels a side, not 8");
    assert_int_equal(test_folder_remove(&folder), 0);
}

// Of 2 numbers as an image of 1 x 1; their distance from the origin tells where on the curve.
static void points_of_the_spiral_lie_on_its_curve(void **state)
{
    (void)state;
    double innermost = 3, outermost = 0;
    for (uint64_t i = 0; i < 2000; i++) {
        float found[2];
        double expected[2];
        assert_int_equal(synth_draw(synth_find("spiral"), 1, 0, i, 1, found), -1);
        double radius = hypot((double)found[0], (double)found[1]);
        spiral_point((radius * radius - 0.25) / 6, expected);
        assert_true(hypot((double)found[0] - expected[0], (double)found[1] - expected[1]) < 1e-5);
        innermost = fmin(innermost, radius);
        outermost = fmax(outermost, radius);
    }
    assert_true(innermost > 0.499 && innermost < 0.51);
    assert_true(outermost > 2.49 && outermost < 2.501);
}

// A size of 0 is the usual one; there is no other.
static void points_become_images_of_one_pixel(void **state)
{
    (void)state;
    test_folder folder;
    shard_series_result made[2];
    assert_int_equal(test_folder_create(&folder), 0);
    synth_job job = {synth_find("spiral"), folder.path, 1, 30, 20, 0, false};
    assert_ok(synth_write(&job, made));
    assert_int_equal(made[0].samples + made[1].samples, 50);
    assert_int_equal(made[0].classes, 0);
    job.size = 32;
    assert_fails(synth_write(&job, made), ST_USAGE, "1 to 1 pixels a side, not 32");
    assert_int_equal(test_folder_remove(&folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_a_function_of_its_key),
        cmocka_unit_test(classes_are_balanced),
        cmocka_unit_test(shapes_are_the_same_everywhere),
        cmocka_unit_test(raw_pixels_do_not_tell_the_class),
        cmocka_unit_test(writing_gives_both_splits),
        cmocka_unit_test(points_of_the_spiral_lie_on_its_curve),
        cmocka_unit_test(points_become_images_of_one_pixel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
