// Codes become images with the atoms as channels, rectified, normalised and averaged as asked.
#include "tests/check.h"

#include "trainer/codes/dense_codes.h"

#include <math.h>

enum { ATOMS = 2, HEIGHT = 3, WIDTH = 5, PLACES = HEIGHT * WIDTH };

static float code[ATOMS * PLACES];

static void fill(void)
{
    for (int i = 0; i < ATOMS * PLACES; i++)
        code[i] = (i % 3 == 0 ? -1.0f : 1.0f) * (float)i;
}

static float at(int atom, int y, int x)
{
    return code[atom * PLACES + y * WIDTH + x];
}

static void channels_are_the_atoms(void **state)
{
    (void)state;
    dense_codes d;
    float pixels[ATOMS * PLACES];
    assert_ok(dense_codes_create(&d, &(dense_choice){.pool = 1}, ATOMS, HEIGHT, WIDTH));
    dense_codes_make(&d, code, pixels);
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int k = 0; k < ATOMS; k++)
                assert_true(pixels[(y * WIDTH + x) * ATOMS + k] == at(k, y, x));
    dense_codes_destroy(&d);
}

static void averages_are_of_absolute_values_and_leave_out_the_rest(void **state)
{
    (void)state;
    dense_codes d;
    float pixels[ATOMS * 2];
    assert_ok(dense_codes_create(&d, &(dense_choice){2, true, false}, ATOMS, HEIGHT, WIDTH));
    assert_int_equal(dense_codes_height(&d), 1);
    assert_int_equal(dense_codes_width(&d), 2);
    dense_codes_make(&d, code, pixels);
    for (int x = 0; x < 2; x++)
        for (int k = 0; k < ATOMS; k++) {
            float sum = fabsf(at(k, 0, 2 * x)) + fabsf(at(k, 0, 2 * x + 1)) +
                        fabsf(at(k, 1, 2 * x)) + fabsf(at(k, 1, 2 * x + 1));
            assert_true(pixels[x * ATOMS + k] == sum / 4);
        }
    dense_codes_destroy(&d);
}

static void contrast_is_normalised_after_rectification_over_all_atoms(void **state)
{
    (void)state;
    dense_codes d;
    float pixels[ATOMS * PLACES], planes[ATOMS * PLACES], mean[PLACES], divisor[PLACES];
    float scratch[4096];
    assert_true(local_contrast_scratch_floats(HEIGHT, WIDTH) <= 4096);
    assert_ok(dense_codes_create(&d, &(dense_choice){1, true, true}, ATOMS, HEIGHT, WIDTH));
    dense_codes_make(&d, code, pixels);
    for (int i = 0; i < ATOMS * PLACES; i++)
        planes[i] = fabsf(code[i]);
    local_contrast_normalise(
        &d.contrast,
        &(image){.channels = ATOMS, .height = HEIGHT, .width = WIDTH, .planes = planes}, mean,
        divisor, scratch);
    for (int place = 0; place < PLACES; place++)
        for (int k = 0; k < ATOMS; k++)
            assert_true(pixels[place * ATOMS + k] == planes[k * PLACES + place]);
    dense_codes_destroy(&d);
}

static void a_pool_larger_than_the_code_is_refused(void **state)
{
    (void)state;
    dense_codes d;
    assert_fails(dense_codes_create(&d, &(dense_choice){.pool = 4}, ATOMS, HEIGHT, WIDTH), ST_USAGE,
                 "smaller --pool");
    dense_codes_destroy(&d);
}

int main(void)
{
    fill();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_the_atoms),
        cmocka_unit_test(averages_are_of_absolute_values_and_leave_out_the_rest),
        cmocka_unit_test(contrast_is_normalised_after_rectification_over_all_atoms),
        cmocka_unit_test(a_pool_larger_than_the_code_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
