// Local contrast normalisation and grey patches agree with numpy's, and can be undone; a crop is a
// window of the image with enough contrast.
#include "tests/golden/sparse_views.h"
#include "tests/io/augment_trial.h"

#include "io/views/local_contrast.h"

#include <math.h>
#include <stdlib.h>

// The same as sparse_views.py's.
static image picture(int channels, int height, int width)
{
    image x = random_image(channels, height, width, 0);
    int count = height * width;
    for (int i = 0; i < count; i++) {
        int row = i / width, column = i % width;
        int values[3] = {(column * 11 + row * 3) % 256, (column * column + 7 * row) % 256,
                         (255 - 9 * column + row * row) % 256};
        for (int c = 0; c < channels; c++)
            x.planes[c * count + i] = (float)((double)values[c] / 255.0);
    }
    return x;
}

static void assert_near(const float *values, const float *golden, int count)
{
    for (int i = 0; i < count; i++)
        if (!(fabs((double)values[i] - (double)golden[i]) < 1e-5))
            fail_msg("number %d is %.9g, not %.9g", i, (double)values[i], (double)golden[i]);
}

// Normalises, compares all maps, and puts the image back together.
static void compare(const local_contrast *how, image *x, const float *golden,
                    const float *golden_mean, const float *golden_divisor)
{
    image stored = picture(x->channels, x->height, x->width);
    int count = x->height * x->width;
    float *mean = malloc((size_t)count * sizeof *mean),
          *divisor = malloc((size_t)count * sizeof *mean);
    float *scratch = malloc(local_contrast_scratch_floats(x->height, x->width) * sizeof *scratch);
    local_contrast_normalise(how, x, mean, divisor, scratch);
    assert_near(x->planes, golden, image_count(x));
    assert_near(mean, golden_mean, count);
    assert_near(divisor, golden_divisor, count);
    local_contrast_restore(x, mean, divisor);
    assert_near(x->planes, stored.planes, image_count(x));
    free(stored.planes);
    free(mean);
    free(divisor);
    free(scratch);
}

static void maps_are_numpys_and_restore_the_image(void **state)
{
    (void)state;
    image x = picture(3, 12, 10);
    local_contrast how = {gaussian_of(2, 4), 1e-3f, true};
    compare(&how, &x, golden_colour, golden_colour_mean, golden_colour_divisor);
    free(x.planes);
    x = picture(1, 7, 5); // smaller than the window
    how = (local_contrast){gaussian_of(5, 6), 0.25f, false};
    compare(&how, &x, golden_small, golden_small_mean, golden_small_divisor);
    free(x.planes);
}

static void the_augmentation_takes_its_floor_in_deviations(void **state)
{
    (void)state;
    image x = picture(1, 7, 5); // run_augment's data set has deviation 0.25
    run_augment("local_contrast", "{sigma: 5, radius: 6, floor: 1, average_floor: false}", 1, &x);
    assert_near(x.planes, golden_small, image_count(&x));
    free(x.planes);
}

static void a_flat_image_stays_flat(void **state)
{
    (void)state;
    image x = picture(3, 12, 10);
    for (int i = 0; i < image_count(&x); i++)
        x.planes[i] = 0.3f;
    run_augment("local_contrast", "{}", 1, &x);
    for (int i = 0; i < image_count(&x); i++)
        assert_true(fabsf(x.planes[i]) < 1e-2f);
    free(x.planes);
}

static void grey_without_mean_is_numpys(void **state)
{
    (void)state;
    image x = picture(3, 12, 10);
    run_augment("grey", "{}", 1, &x);
    assert_int_equal(x.channels, 1);
    for (int i = 0; i < image_count(&x); i++)
        x.planes[i] *= 4; // deviation 0.25; run_augment's for three channels is another
    run_augment("remove_mean", "{}", 1, &x);
    assert_near(x.planes, golden_grey, image_count(&x));
    free(x.planes);
}

// Where in `stored` the window x lies; fails when it lies nowhere.
static void find_window(const image *stored, const image *x, int *top, int *left)
{
    for (*top = 0; *top + x->height <= stored->height; ++*top)
        for (*left = 0; *left + x->width <= stored->width; ++*left) {
            bool same = true;
            for (int i = 0; i < image_count(x) && same; i++) {
                int column = i % x->width, row = i / x->width % x->height;
                int channel = i / (x->width * x->height);
                same = x->planes[i] ==
                       stored->planes[(channel * stored->height + *top + row) * stored->width +
                                      *left + column];
            }
            if (same) return;
        }
    fail_msg("the crop is no window of the image");
}

static void crops_are_windows_at_every_place(void **state)
{
    (void)state;
    image stored = random_image(2, 9, 11, 4);
    int seen[4][6] = {{0}};
    for (uint64_t key = 0; key < 400; key++) {
        image x = random_image(2, 9, 11, 4);
        int top, left;
        run_augment("crop", "{size: 4, margin: 1}", key, &x);
        assert_true(x.height == 6 && x.width == 6 && x.channels == 2);
        find_window(&stored, &x, &top, &left);
        seen[top][left]++;
        free(x.planes);
    }
    for (int i = 0; i < 24; i++)
        assert_in_range(seen[i / 6][i % 6], 4, 40); // 16.7 on average
    free(stored.planes);
}

// Flat but for a corner: windows that miss the corner are drawn again.
static void crops_of_little_contrast_are_drawn_again(void **state)
{
    (void)state;
    int flat[2] = {0};
    for (int selective = 0; selective < 2; selective++)
        for (uint64_t key = 0; key < 100; key++) {
            image x = random_image(1, 20, 20, 4);
            for (int i = 0; i < 400; i++)
                if (i / 20 >= 6 || i % 20 >= 6) x.planes[i] = 0.5f;
            run_augment("crop",
                        selective ? "{size: 5, min_deviation: 0.2, tries: 100}" : "{size: 5}", key,
                        &x);
            float low = 1, high = 0;
            for (int i = 0; i < 25; i++) {
                low = fminf(low, x.planes[i]);
                high = fmaxf(high, x.planes[i]);
            }
            flat[selective] += !(high > low);
            free(x.planes);
        }
    assert_true(flat[0] > 60);
    assert_int_equal(flat[1], 0);
}

static void trim_cuts_the_margin(void **state)
{
    (void)state;
    image stored = random_image(3, 9, 11, 4), x = random_image(3, 9, 11, 4);
    int top, left;
    run_augment("trim", "{margin: 2}", 1, &x);
    assert_true(x.height == 5 && x.width == 7);
    find_window(&stored, &x, &top, &left);
    assert_true(top == 2 && left == 2);
    free(x.planes);
    free(stored.planes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(maps_are_numpys_and_restore_the_image),
        cmocka_unit_test(the_augmentation_takes_its_floor_in_deviations),
        cmocka_unit_test(a_flat_image_stays_flat),
        cmocka_unit_test(grey_without_mean_is_numpys),
        cmocka_unit_test(crops_are_windows_at_every_place),
        cmocka_unit_test(crops_of_little_contrast_are_drawn_again),
        cmocka_unit_test(trim_cuts_the_margin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
