// What recipes add to their augmentations: steps for one of two views, and recipes for any data.
// Solarize and noise, which only recipes of photographs and microscopy use, are tried here too.
#include "tests/io/augment_apply.h"
#include "tests/io/augment_trial.h"

#include "io/views/recipes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Mean square difference of neighbours in a row, per variance: small when blurred.
static double roughness(const float *plane, int height, int width)
{
    double sum = 0, squares = 0, steps = 0;
    int n = height * width;
    for (int i = 0; i < n; i++) {
        sum += (double)plane[i] / n;
        squares += (double)plane[i] * (double)plane[i] / n;
        if (i % width == 0) continue;
        double step = (double)plane[i] - (double)plane[i - 1];
        steps += step * step / n;
    }
    return steps / (squares - sum * sum);
}

// Random pixels are rough unless blurred: moco_v3 always blurs view 0 (sigma 0.1 to 2, of which a
// fifth is too little to see), and view 1 one time in ten.
static void moco_v3_blurs_its_first_view(void **state)
{
    (void)state;
    dataset_info info = make_info(3, 48, 48, PIXEL_U8);
    static uint8_t pixels[3 * 48 * 48];
    static float out[3 * 48 * 48];
    augmenter *a;
    int smooth[4] = {0};
    assert_ok(augmenter_create(&a, "moco_v3", &info, 0));
    for (uint64_t sample = 0; sample < 150; sample++) {
        fill_pixels(&info, sample, pixels);
        for (uint32_t view = 0; view < 4; view++) {
            augment_apply(a, (view_key){1, 0, sample, view}, pixels, stored_size(&info), out);
            smooth[view] += roughness(out, 48, 48) < 0.5;
        }
    }
    augmenter_destroy(a);
    assert_true(smooth[0] > smooth[1] + 50);
    assert_true(smooth[2] > smooth[3] + 50);
}

// On a grey image of value v every step but solarize and brightness keeps it grey; v = 1 stays at
// least 0.6 unless solarised, and is then at most 0.4.
static void moco_v3_solarises_its_second_view_only(void **state)
{
    (void)state;
    dataset_info info = make_info(3, 8, 8, PIXEL_U8);
    uint8_t pixels[3 * 8 * 8];
    float out[3 * 8 * 8];
    augmenter *a;
    int dark[2] = {0};
    memset(pixels, 255, sizeof pixels);
    assert_ok(augmenter_create(&a, "moco_v3", &info, 0));
    for (uint64_t sample = 0; sample < 500; sample++)
        for (uint32_t view = 0; view < 2; view++) {
            augment_apply(a, (view_key){1, 0, sample, view}, pixels, stored_size(&info), out);
            double value = (double)out[0] * 0.25 + 0.4;
            dark[view] += value < 0.5;
        }
    augmenter_destroy(a);
    assert_int_equal(dark[0], 0);
    assert_in_range(dark[1], 70, 130); // of 500, p = 0.2
}

static void solarize_turns_bright_pixels(void **state)
{
    (void)state;
    image x = random_image(3, 9, 11, 1), stored = random_image(3, 9, 11, 1);
    x.planes[0] = stored.planes[0] = 0.5f;
    run_augment("solarize", "{p: 1}", 1, &x);
    for (int i = 0; i < image_count(&x); i++) {
        float old = stored.planes[i];
        assert_true(x.planes[i] == (old < 0.5f ? old : 1.0f - old));
    }
    free(x.planes);
    free(stored.planes);
}

// Mean 0, and the deviation, which is one draw for all channels, in the channel's own unit.
static void noise_has_the_drawn_deviation(void **state)
{
    (void)state;
    const augment_type *type = augment_find("noise");
    dataset_info info = make_info(2, 48, 48, PIXEL_F32);
    info.deviation[0] = 0.1f;
    info.deviation[1] = 100.0f;
    void *settings = read_settings(type, "{p: 1, strength: 0.5}", &info);
    int n = 48 * 48;
    double strengths = 0;
    for (uint64_t key = 0; key < 100; key++) {
        image x = random_image(2, 48, 48, key), stored = random_image(2, 48, 48, key);
        rng r = rng_open(3, RNG_TEST, 0, key, 0);
        type->apply(settings, &(augment_run){&r, &x, &x, NULL, NULL});
        double strength[2];
        for (int c = 0; c < 2; c++) {
            double mean = 0, squares = 0;
            for (int i = c * n; i < (c + 1) * n; i++) {
                double added =
                    ((double)x.planes[i] - (double)stored.planes[i]) / (double)info.deviation[c];
                mean += added / n;
                squares += added * added / n;
            }
            strength[c] = sqrt(squares);
            assert_true(fabs(mean) < 5 * strength[c] / 48);
        }
        assert_true(strength[0] < 0.55);
        assert_true(fabs(strength[0] - strength[1]) < 0.1 * strength[0] + 1e-4);
        strengths += strength[0] / 100;
        free(x.planes);
        free(stored.planes);
    }
    assert_true(fabs(strengths - 0.25) < 0.06);
    free(settings);
}

static void microscopy_takes_any_channels(void **state)
{
    (void)state;
    static const int channels[] = {1, 2, 5, DATASET_MAX_CHANNELS};
    for (int k = 0; k < 4; k++) {
        dataset_info info = make_info(channels[k], 24, 24, PIXEL_U16);
        augmenter *a;
        assert_ok(augmenter_create(&a, "microscopy", &info, 16));
        assert_int_equal(augmenter_width(a), 16);
        augmenter_destroy(a);
        assert_fails(augmenter_create(&a, "moco_v1", &info, 16), ST_CONFIG, "wants RGB");
        assert_fails(augmenter_create(&a, "moco_v3", &info, 16), ST_CONFIG, "wants RGB");
    }
}

// The jitter of v1 has no probability.
static void moco_v1_changes_colours_of_every_view(void **state)
{
    (void)state;
    dataset_info info = make_info(3, 8, 8, PIXEL_U8);
    uint8_t pixels[3 * 8 * 8];
    float out[3 * 8 * 8];
    augmenter *a;
    int changed = 0;
    memset(pixels, 128, sizeof pixels);
    assert_ok(augmenter_create(&a, "moco_v1", &info, 0));
    for (uint64_t sample = 0; sample < 200; sample++)
        for (uint32_t view = 0; view < 2; view++) {
            augment_apply(a, (view_key){1, 0, sample, view}, pixels, stored_size(&info), out);
            changed += fabs((double)out[0] * 0.25 + 0.4 - 128 / 255.0) > 1e-4;
        }
    augmenter_destroy(a);
    assert_true(changed > 396); // p = 1; with 0.8 it would be 320
}

// Windows of colour data in grey, without a mean; the recipe also serves evaluations.
static void natural_gives_grey_windows_without_mean(void **state)
{
    (void)state;
    dataset_info info = make_info(3, 40, 60, PIXEL_U8);
    static uint8_t pixels[3 * 40 * 60];
    static float out[12 * 12];
    fill_pixels(&info, 1, pixels);
    augmenter *a;
    assert_ok(augmenter_create(&a, "natural", &info, 12));
    assert_true(augmenter_channels(a) == 1 && augmenter_height(a) == 12 &&
                augmenter_width(a) == 12);
    augment_apply(a, (view_key){1, 0, 0, 0}, pixels, stored_size(&info), out);
    double sum = 0, squares = 0;
    for (int i = 0; i < 144; i++) {
        sum += (double)out[i];
        squares += (double)out[i] * (double)out[i];
    }
    augmenter_destroy(a);
    assert_true(fabs(sum) < 1e-4);
    assert_true(squares / 144 > 0.1 && squares / 144 < 2);
    assert_fails(augmenter_create(&a, "natural_lcn", &info, 20), ST_CONFIG, "smaller than the 44");
    assert_ok(augmenter_create(&a, "natural_lcn", &info, 16));
    assert_true(augmenter_channels(a) == 1 && augmenter_height(a) == 16 &&
                augmenter_width(a) == 16);
    augmenter_destroy(a);
}

static void evaluations_see_what_sparse_coding_sees(void **state)
{
    (void)state;
    assert_string_equal(recipe_for_evaluation("moco_v2"), "none");
    assert_string_equal(recipe_for_evaluation("none"), "none");
    assert_string_equal(recipe_for_evaluation("colour_lcn"), "colour_lcn");
    assert_string_equal(recipe_for_evaluation("patches"), "patches");
}

// Pixels 0.25 apart as stored, where low .. high count as 0 .. 1.
static void check_unit(const char *recipe_name, float low, float high)
{
    enum { CHANNELS = 3, SIDE = 6, COUNT = CHANNELS * SIDE * SIDE };
    dataset_info info = make_info(CHANNELS, SIDE, SIDE, PIXEL_F32);
    float pixels[COUNT], views[2][COUNT];
    augmenter *a;
    for (int c = 0; c < CHANNELS; c++)
        info.deviation[c] *= (float)(c + 1);
    info.low = low, info.high = high;
    fill_pixels(&info, 1, pixels);
    assert_ok(augmenter_create(&a, recipe_name, &info, 0));
    for (int k = 0; k < 2; k++) {
        augment_apply(a, (view_key){0, 0, 0, 0}, pixels, stored_size(&info), views[k]);
        for (int i = 0; i < COUNT; i++)
            pixels[i] += 0.25f;
    }
    for (int i = 0; i < COUNT; i++) {
        double apart = (double)views[1][i] - (double)views[0][i];
        double unit = augmenter_unit(a, i / (SIDE * SIDE));
        assert_true(fabs(apart * unit * (double)(high - low) - 0.25) < 1e-5);
    }
    augmenter_destroy(a);
}

static void views_have_units_of_pixels(void **state)
{
    (void)state;
    static const char *const known[] = {"none", "scaled", "as_is"};
    static const char *const unknown[] = {"whitened", "colour_lcn"};
    for (int i = 0; i < 3; i++) {
        check_unit(known[i], 0, 1);
        check_unit(known[i], -1, 3);
    }
    for (int i = 0; i < 2; i++) {
        augmenter *a;
        dataset_info info = make_info(3, 24, 24, PIXEL_U8);
        assert_ok(augmenter_create(&a, unknown[i], &info, 0));
        assert_true(isnan(augmenter_unit(a, 0)));
        augmenter_destroy(a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(moco_v3_blurs_its_first_view),
        cmocka_unit_test(moco_v3_solarises_its_second_view_only),
        cmocka_unit_test(solarize_turns_bright_pixels),
        cmocka_unit_test(noise_has_the_drawn_deviation),
        cmocka_unit_test(microscopy_takes_any_channels),
        cmocka_unit_test(moco_v1_changes_colours_of_every_view),
        cmocka_unit_test(natural_gives_grey_windows_without_mean),
        cmocka_unit_test(evaluations_see_what_sparse_coding_sees),
        cmocka_unit_test(views_have_units_of_pixels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
