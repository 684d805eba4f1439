// Augmentations give the pixels that PIL gives, which torchvision's PIL backend calls. PIL rounds
// to 8 bits after each pass, so results may be 1.5 of 255 apart. Its hue and saturation are cut to
// 8 bits as well: one step of the hue moves a channel by up to 6, one of the saturation by 1.
#include "tests/golden/augment.h"
#include "tests/io/augment_trial.h"

#include "io/views/colour.h"
#include "io/views/resample.h"

#include <math.h>
#include <stdlib.h>

#define HEIGHT 18
#define WIDTH  22

// The same as augment.py's.
static image picture(void)
{
    image x = random_image(3, HEIGHT, WIDTH, 0);
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
        int row = i / WIDTH, column = i % WIDTH;
        int values[3] = {(column * 11 + row * 3) % 256, (column * column + 7 * row) % 256,
                         (255 - 9 * column + row * row) % 256};
        for (int c = 0; c < 3; c++)
            x.planes[c * HEIGHT * WIDTH + i] = (float)values[c] / 255.0f;
    }
    return x;
}

// Largest distance of x from PIL's pixels (H, W, 3), in 255ths; *mean gets the mean.
static double distance(const image *x, const unsigned char *pixels, double *mean)
{
    double largest = 0;
    int count = x->height * x->width;
    *mean = 0;
    for (int i = 0; i < count; i++)
        for (int c = 0; c < 3; c++) {
            double apart = fabs(255 * (double)x->planes[c * count + i] - pixels[i * 3 + c]);
            largest = fmax(largest, apart);
            *mean += apart / (3 * count);
        }
    return largest;
}

static void assert_near(const image *x, const unsigned char *pixels)
{
    double mean, largest = distance(x, pixels, &mean);
    if (largest > 1.5) fail_msg("%g of 255 apart", largest);
}

static void crops_are_pils(void **state)
{
    (void)state;
    image x = picture();
    float *scratch = malloc(LARGEST * sizeof(float));
    image small = random_image(3, 6, 7, 0), large = random_image(3, 14, 13, 0);
    resample(&x, &(box){.x = 3, .y = 2, .width = 17, .height = 15}, &small, scratch);
    assert_near(&small, golden_crop_shrunk);
    resample(&x, &(box){.x = 5, .y = 4, .width = 6, .height = 5}, &large, scratch);
    assert_near(&large, golden_crop_grown);
    free(scratch);
    free(x.planes);
    free(small.planes);
    free(large.planes);
}

static void brightness_contrast_and_saturation_are_pils(void **state)
{
    (void)state;
    image x = picture();
    colours all = colours_of(&x, 0, HEIGHT * WIDTH);
    colour_change_brightness(&all, 1.3f);
    assert_near(&x, golden_brightness);
    free(x.planes);
    x = picture();
    all = colours_of(&x, 0, HEIGHT * WIDTH);
    grey_mean greys = {.count = 0};
    grey_mean_add(&greys, &all);
    colour_change_contrast(&all, 0.65f, grey_mean_get(&greys));
    assert_near(&x, golden_contrast);
    free(x.planes);
    x = picture();
    all = colours_of(&x, 0, HEIGHT * WIDTH);
    colour_change_saturation(&all, 1.4f);
    assert_near(&x, golden_saturation);
    free(x.planes);
}

static void hue_is_pils_but_for_its_8_bits(void **state)
{
    (void)state;
    image x = picture();
    colours all = colours_of(&x, 0, HEIGHT * WIDTH);
    colour_change_hue(&all, 25.0f / 255);
    double mean, largest = distance(&x, golden_hue, &mean);
    free(x.planes);
    if (largest > 8 || mean > 0.8) fail_msg("%g of 255 apart, %g in the mean", largest, mean);
}

static void grayscale_and_solarize_are_pils(void **state)
{
    (void)state;
    image x = picture();
    run_augment("grayscale", "{p: 1}", 1, &x);
    assert_near(&x, golden_grayscale);
    free(x.planes);
    x = picture();
    run_augment("solarize", "{p: 1}", 1, &x);
    assert_near(&x, golden_solarize);
    free(x.planes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crops_are_pils),
        cmocka_unit_test(brightness_contrast_and_saturation_are_pils),
        cmocka_unit_test(hue_is_pils_but_for_its_8_bits),
        cmocka_unit_test(grayscale_and_solarize_are_pils),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
