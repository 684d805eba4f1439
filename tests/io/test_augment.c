// Views are pure functions of their key; every augmentation keeps its promises; colour changes
// agree with plain formulas.
#include "tests/io/augment_apply.h"
#include "tests/io/augment_trial.h"

#include <math.h>
#include <stdlib.h>

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list != NULL; list++)
        if (strcmp(name, *list) == 0) return true;
    return false;
}

// With their default settings: `crop` then takes the whole image.
static const char *const without_draws[] = {"resize", "normalise", "crop",        "trim",
                                            "grey",   "scale",     "remove_mean", "local_contrast",
                                            "whiten", NULL};
static const char *const out_of_range[] = {"normalise", "scale", "remove_mean", "local_contrast",
                                           NULL};

// What every augmentation must do, with its default settings.
static void every_augmentation_is_a_function_of_its_key(void **state)
{
    (void)state;
    for (const augment_type *const *type = augment_table; *type != NULL; type++) {
        image first = random_image(3, 14, 19, 1), second = random_image(3, 14, 19, 1);
        bool any_differs = false;
        for (uint64_t key = 0; key < 20; key++) {
            run_augment((*type)->name, "{}", key, &first);
            run_augment((*type)->name, "{}", key, &second);
            assert_memory_equal(first.planes, second.planes,
                                (size_t)image_count(&first) * sizeof(float));
        }
        image other = random_image(3, 14, 19, 1);
        free(first.planes);
        first = random_image(3, 14, 19, 1);
        for (uint64_t key = 0; key < 20 && !any_differs; key++) {
            run_augment((*type)->name, "{}", key, &first);
            run_augment((*type)->name, "{}", key + 100, &other);
            any_differs = !same_planes(&first, &other);
        }
        assert_int_equal(any_differs, !is_one_of((*type)->name, without_draws));
        free(first.planes);
        free(second.planes);
        free(other.planes);
    }
}

static void every_augmentation_keeps_the_range(void **state)
{
    (void)state;
    for (const augment_type *const *type = augment_table; *type != NULL; type++) {
        if (is_one_of((*type)->name, out_of_range)) continue; // on purpose
        for (uint64_t key = 0; key < 30; key++) {
            image x = random_image(3, 17, 23, key);
            run_augment((*type)->name, "{}", key, &x);
            for (int i = 0; i < image_count(&x); i++)
                assert_true(x.planes[i] >= 0.0f && x.planes[i] <= 1.0f + 1e-6f);
            free(x.planes);
        }
    }
}

// Every recipe on every kind of data it takes: same key same bits, in any order of views.
static void views_do_not_depend_on_order(void **state)
{
    (void)state;
    static const int channel_counts[] = {1, 3, 7, 64};
    void *pixels = malloc(LARGEST * sizeof(float));
    float *views = malloc(8 * LARGEST * sizeof(float)), *again = malloc(LARGEST * sizeof(float));
    for (const char *const *name = augment_recipes(); *name != NULL; name++)
        for (int k = 0; k < 12; k++) {
            dataset_info info = make_info(channel_counts[k / 3], 13, 11, (pixel_type)(k % 3));
            augmenter *a;
            status s = augmenter_create(&a, *name, &info, k % 2 == 0 ? 0 : 16);
            if (s != ST_OK) { // for RGB, or cuts out more than there is, or does not resize
                const char *why = status_message();
                assert_true(info.channels != 3 || strstr(why, "smaller") != NULL ||
                            strstr(why, "does not resize") != NULL);
                status_clear();
                continue;
            }
            image size = {.channels = augmenter_channels(a),
                          .height = augmenter_height(a),
                          .width = augmenter_width(a)};
            size_t count = (size_t)image_count(&size);
            float *mean = NULL, *matrix = NULL;
            if (augmenter_whitening_epsilon(a) > 0) {
                if (count > 300) { // a large matrix
                    augmenter_destroy(a);
                    continue;
                }
                unit_whitening(count, &mean, &matrix);
                augmenter_set_whitening(a, &(whitening){mean, matrix});
            }
            assert_int_equal(augmenter_height(a), k % 2 == 0 ? 13 : 16);
            for (uint32_t i = 0; i < 8; i++) {
                fill_pixels(&info, i / 2, pixels);
                augment_apply(a, (view_key){1, 2, i / 2, i % 2}, pixels, stored_size(&info),
                              views + i * LARGEST);
                for (size_t j = 0; j < count; j++)
                    assert_true(isfinite(views[i * LARGEST + j]));
            }
            for (uint32_t i = 8; i-- > 0;) {
                fill_pixels(&info, i / 2, pixels);
                augment_apply(a, (view_key){1, 2, i / 2, i % 2}, pixels, stored_size(&info), again);
                assert_memory_equal(again, views + i * LARGEST, count * sizeof(float));
            }
            augmenter_destroy(a);
            free(mean);
            free(matrix);
        }
    free(pixels);
    free(views);
    free(again);
}

static void each_part_of_the_key_makes_another_view(void **state)
{
    (void)state;
    dataset_info info = make_info(3, 32, 32, PIXEL_U8);
    uint8_t pixels[3 * 32 * 32];
    static float views[5][3 * 32 * 32];
    fill_pixels(&info, 0, pixels);
    augmenter *a;
    assert_ok(augmenter_create(&a, "moco_cifar", &info, 0));
    augment_apply(a, (view_key){1, 2, 3, 0}, pixels, stored_size(&info), views[0]);
    augment_apply(a, (view_key){2, 2, 3, 0}, pixels, stored_size(&info), views[1]);
    augment_apply(a, (view_key){1, 3, 3, 0}, pixels, stored_size(&info), views[2]);
    augment_apply(a, (view_key){1, 2, 4, 0}, pixels, stored_size(&info), views[3]);
    augment_apply(a, (view_key){1, 2, 3, 1}, pixels, stored_size(&info), views[4]);
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < i; j++)
            assert_memory_not_equal(views[i], views[j], sizeof views[0]);
    augmenter_destroy(a);
}

// `none` only moves axes, scales and normalises; each stored type in its own range.
static void none_only_normalises(void **state)
{
    (void)state;
    static const double full[] = {255, 65535, 1};
    for (int type = 0; type < 3; type++) {
        dataset_info info = make_info(7, 5, 4, (pixel_type)type);
        info.deviation[6] = 0; // never varies: only shifted
        float pixels[7 * 5 * 4] = {0}, out[7 * 5 * 4];
        fill_pixels(&info, 1, pixels);
        augmenter *a;
        assert_ok(augmenter_create(&a, "none", &info, 0));
        augment_apply(a, (view_key){0, 0, 0, 0}, pixels, stored_size(&info), out);
        for (int c = 0; c < 7; c++)
            for (int i = 0; i < 20; i++) {
                int at = i * 7 + c;
                double stored = type == 0   ? ((uint8_t *)pixels)[at]
                                : type == 1 ? ((uint16_t *)pixels)[at]
                                            : (double)pixels[at];
                double deviation = c == 6 ? 1 : (double)info.deviation[c];
                double expected = (stored / full[type] - (double)info.mean[c]) / deviation;
                assert_true(fabs((double)out[c * 20 + i] - expected) < 1e-5);
            }
        augmenter_destroy(a);
    }
}

static void rgb_recipes_refuse_other_data(void **state)
{
    (void)state;
    dataset_info grey = make_info(1, 28, 28, PIXEL_U8);
    augmenter *a;
    assert_fails(augmenter_create(&a, "moco_cifar", &grey, 0), ST_CONFIG, "data.augment=intensity");
    assert_null(a);
    assert_fails(augmenter_create(&a, "moco_v2", &grey, 0), ST_CONFIG, "has 1 channel:");
    assert_fails(augmenter_create(&a, "moco_cifra", &grey, 0), ST_CONFIG,
                 "did you mean 'moco_cifar'");
}

static void whole_crop_of_the_same_size_is_identity(void **state)
{
    (void)state;
    image x = random_image(3, 24, 24, 5), same = random_image(3, 24, 24, 5);
    run_augment("random_resized_crop", "{scale_low: 1, ratio_low: 1, ratio_high: 1}", 1, &x);
    assert_memory_equal(x.planes, same.planes, (size_t)image_count(&same) * sizeof(float));
    run_augment("resize", "{size: 24}", 1, &x);
    assert_memory_equal(x.planes, same.planes, (size_t)image_count(&same) * sizeof(float));
    free(x.planes);
    free(same.planes);
}

// On a linear ramp a bilinear crop tells its own place: value = column / width.
static void crops_have_their_area_ratio_and_place(void **state)
{
    (void)state;
    double areas = 0, low = 1, high = 0, centres = 0;
    const int count = 2000;
    for (int key = 0; key < count; key++) {
        image x = random_image(2, 48, 48, 0);
        for (int i = 0; i < 48 * 48; i++) {
            x.planes[i] = (float)(i % 48) + 0.5f; // column
            int row = i / 48;
            x.planes[48 * 48 + i] = (float)row + 0.5f;
        }
        run_augment("random_resized_crop", "{scale_low: 0.1, scale_high: 0.5, size: 4}",
                    (uint64_t)key, &x);
        // the mean distance of the middle pixels is exact, away from the edges
        double wide = ((double)x.planes[2] - (double)x.planes[1]) * 4 / 48;
        double tall = ((double)x.planes[16 + 8] - (double)x.planes[16 + 4]) * 4 / 48;
        double area = wide * tall;
        areas += area / count;
        low = fmin(low, area), high = fmax(high, area);
        centres += ((double)x.planes[1] + (double)x.planes[2]) / 2 / 48 / count;
        assert_true(wide / tall > 0.6 && wide / tall < 1.6);
        free(x.planes);
    }
    assert_true(fabs(areas - 0.3) < 0.015 && low > 0.08 && low < 0.13 && high > 0.47 &&
                high < 0.55);
    assert_true(fabs(centres - 0.5) < 0.02);
}

static void flip_exchanges_left_and_right(void **state)
{
    (void)state;
    for (int width = 1; width < 40; width += 6) {
        image x = random_image(2, 3, width, 1), same = random_image(2, 3, width, 1);
        run_augment("flip", "{p: 1}", 1, &x);
        for (int row = 0; row < 6; row++)
            for (int i = 0; i < width; i++)
                assert_true(x.planes[row * width + i] == same.planes[row * width + width - 1 - i]);
        run_augment("flip", "{p: 1}", 2, &x);
        assert_memory_equal(x.planes, same.planes, (size_t)image_count(&x) * sizeof(float));
        free(x.planes);
        free(same.planes);
    }
}

static int times_changed(const char *name, const char *text, int trials)
{
    int changed = 0;
    for (int key = 0; key < trials; key++) {
        image x = random_image(3, 4, 4, 7), same = random_image(3, 4, 4, 7);
        run_augment(name, text, (uint64_t)key, &x);
        changed += !same_planes(&x, &same);
        free(x.planes);
        free(same.planes);
    }
    return changed;
}

static void probabilities_hold(void **state)
{
    (void)state;
    assert_in_range(times_changed("flip", "{}", 2000), 900, 1100);
    assert_in_range(times_changed("grayscale", "{}", 2000), 330, 470);
    assert_in_range(times_changed("colour_jitter", "{}", 2000), 1530, 1670);
    assert_int_equal(times_changed("flip", "{p: 0}", 100), 0);
    assert_int_equal(times_changed("grayscale", "{p: 0}", 100), 0);
    assert_int_equal(times_changed("colour_jitter", "{p: 0}", 100), 0);
}

static double clamped(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static double grey_at(const image *x, int i)
{
    int n = x->height * x->width;
    return 0.299 * (double)x->planes[i] + 0.587 * (double)x->planes[n + i] +
           0.114 * (double)x->planes[2 * n + i];
}

static void grayscale_is_luma(void **state)
{
    (void)state;
    image x = random_image(3, 9, 7, 1), same = random_image(3, 9, 7, 1);
    run_augment("grayscale", "{p: 1}", 1, &x);
    for (int i = 0; i < 63; i++)
        for (int c = 0; c < 3; c++)
            assert_true(fabs((double)x.planes[c * 63 + i] - grey_at(&same, i)) < 1e-6);
    free(x.planes);
    free(same.planes);
}

// The factor that a draw chose is found from the pixel where it shows most, then every pixel must
// agree with the formula for that factor.
static void jitter_agrees_with_scalar_formulas(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{p: 1, brightness: 0.4, contrast: 0, saturation: 0, hue: 0}",
        "{p: 1, brightness: 0, contrast: 0.4, saturation: 0, hue: 0}",
        "{p: 1, brightness: 0, contrast: 0, saturation: 0.4, hue: 0}"};
    int n = 11 * 13;
    for (int op = 0; op < 3; op++)
        for (uint64_t key = 0; key < 10; key++) {
            image x = random_image(3, 11, 13, key), same = random_image(3, 11, 13, key);
            run_augment("colour_jitter", texts[op], key, &x);
            double mean = 0, factor = 0, largest = 0;
            for (int i = 0; i < n; i++)
                mean += grey_at(&same, i) / n;
            double other[3 * 11 * 13]; // what the pixel is blended with
            for (int i = 0; i < 3 * n; i++) {
                other[i] = op == 0 ? 0 : op == 1 ? mean : grey_at(&same, i % n);
                double old = (double)same.planes[i], now = (double)x.planes[i];
                if (now > 0.001 && now < 0.999 && fabs(old - other[i]) > largest) {
                    largest = fabs(old - other[i]);
                    factor = (now - other[i]) / (old - other[i]);
                }
            }
            assert_true(factor > 0.6 - 1e-5 && factor < 1.4 + 1e-5);
            for (int i = 0; i < 3 * n; i++) {
                double old = (double)same.planes[i];
                double expected = clamped(factor * old + (1 - factor) * other[i]);
                assert_true(fabs((double)x.planes[i] - expected) < 2e-5);
            }
            free(x.planes);
            free(same.planes);
        }
}

// Hue in degrees of the HSV hexagon, by its usual case distinction; -1 for a grey.
static double hue_of(double r, double g, double b)
{
    double high = fmax(r, fmax(g, b)), low = fmin(r, fmin(g, b)), chroma = high - low;
    if (chroma < 1e-3) return -1;
    double hue = high == r   ? (g - b) / chroma
                 : high == g ? 2 + (b - r) / chroma
                             : 4 + (r - g) / chroma;
    return fmod(hue * 60 + 360, 360);
}

static void hue_turns_all_colours_by_one_angle(void **state)
{
    (void)state;
    int n = 12 * 12;
    for (uint64_t key = 0; key < 20; key++) {
        image x = random_image(3, 12, 12, key), same = random_image(3, 12, 12, key);
        for (int i = 0; i < 3 * n; i += n) // greys stay what they are
            x.planes[i] = same.planes[i] = 0.5f;
        run_augment("colour_jitter", "{p: 1, brightness: 0, contrast: 0, saturation: 0, hue: 0.5}",
                    key, &x);
        double angle = -1;
        for (int i = 0; i < n; i++) {
            double old[3], now[3];
            for (int c = 0; c < 3; c++)
                old[c] = (double)same.planes[c * n + i], now[c] = (double)x.planes[c * n + i];
            assert_true(fabs(fmax(old[0], fmax(old[1], old[2])) -
                             fmax(now[0], fmax(now[1], now[2]))) < 1e-6);
            assert_true(fabs(fmin(old[0], fmin(old[1], old[2])) -
                             fmin(now[0], fmin(now[1], now[2]))) < 1e-6);
            double before = hue_of(old[0], old[1], old[2]), after = hue_of(now[0], now[1], now[2]);
            if (before < 0) continue;
            double turned = fmod(after - before + 720, 360);
            if (angle < 0) angle = turned;
            double apart = fabs(turned - angle);
            assert_true(fmin(apart, 360 - apart) < 0.5);
        }
        assert_true(x.planes[0] == 0.5f && x.planes[n] == 0.5f);
        free(x.planes);
        free(same.planes);
    }
}

static void intensity_is_affine_around_the_mean(void **state)
{
    (void)state;
    const augment_type *type = augment_find("intensity");
    dataset_info info = make_info(2, 6, 6, PIXEL_F32);
    void *settings = read_settings(type, "{gain: 0.5, offset: 1}", &info);
    for (uint64_t key = 0; key < 50; key++) {
        image x = random_image(2, 6, 6, key), same = random_image(2, 6, 6, key);
        rng r = rng_open(3, RNG_TEST, 0, key, 0);
        type->apply(settings, &(augment_run){&r, &x, &x, NULL, NULL});
        for (int c = 0; c < 2; c++) {
            float *old = same.planes + (size_t)c * 36, *now = x.planes + (size_t)c * 36;
            double gain = ((double)now[1] - (double)now[0]) / ((double)old[1] - (double)old[0]);
            double at_mean = (double)now[0] + gain * ((double)info.mean[c] - (double)old[0]);
            assert_true(gain > 0.49 && gain < 1.51);
            assert_true(fabs(at_mean - (double)info.mean[c]) <= 0.25 + 1e-3);
            for (int i = 0; i < 36; i++)
                assert_true(fabs((double)now[i] -
                                 ((double)now[0] + gain * ((double)old[i] - (double)old[0]))) <
                            1e-3);
        }
        free(x.planes);
        free(same.planes);
    }
    free(settings);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_augmentation_is_a_function_of_its_key),
        cmocka_unit_test(every_augmentation_keeps_the_range),
        cmocka_unit_test(views_do_not_depend_on_order),
        cmocka_unit_test(each_part_of_the_key_makes_another_view),
        cmocka_unit_test(none_only_normalises),
        cmocka_unit_test(rgb_recipes_refuse_other_data),
        cmocka_unit_test(whole_crop_of_the_same_size_is_identity),
        cmocka_unit_test(crops_have_their_area_ratio_and_place),
        cmocka_unit_test(flip_exchanges_left_and_right),
        cmocka_unit_test(probabilities_hold),
        cmocka_unit_test(grayscale_is_luma),
        cmocka_unit_test(jitter_agrees_with_scalar_formulas),
        cmocka_unit_test(hue_turns_all_colours_by_one_angle),
        cmocka_unit_test(intensity_is_affine_around_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
