// tests/models/test_code_layout.c -- borders: sizes, adjointness through the margin, layouts there
// and back.
#include "models/codes/code_layout.h"

#include "base/rng.h"
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include <math.h>
#include <stdlib.h>

static double inner(const float *x, const float *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static void codes_have_the_sizes_of_their_border(void **state)
{
    (void)state;
    code_layout l;
    assert_ok(code_layout_plan(&l, 4, 9, "full", 3, 32, 30));
    assert_true(l.height == 24 && l.width == 22 && l.margin == 0);
    assert_ok(code_layout_plan(&l, 4, 9, "same", 3, 32, 30));
    assert_true(l.height == 32 && l.width == 30);
    assert_ok(code_layout_plan(&l, 4, 9, "free", 3, 32, 30));
    assert_true(l.height == 40 && l.width == 38);
    assert_int_equal(code_layout_pixels(&l), 3 * 32 * 30);
    assert_int_equal(code_layout_codes(&l), 4 * 40 * 38);
}

// <m D z, y> = <z, D' m y> with everything in planes, whatever the border.
static void synthesis_and_analysis_are_adjoint_for_every_border(void **state)
{
    (void)state;
    const char *borders[] = {"full", "same", "free"};
    for (int i = 0; i < 3; i++) {
        code_layout l;
        assert_ok(code_layout_plan(&l, 5, 3, borders[i], 2, 7, 6));
        const dictionary_geometry *g = &l.geometry;
        size_t pixels = code_layout_pixels(&l), codes = code_layout_codes(&l);
        float *y = random_floats(pixels, 1), *z = random_floats(codes, 2);
        float *atoms = random_floats((size_t)5 * 2 * 9, 3), *back = random_floats(pixels, 4);
        float *packed = random_floats(dictionary_packed_floats(g), 5);
        float *image = random_floats(dictionary_image_floats(g), 6);
        float *code = random_floats(dictionary_code_floats(g), 7), *match = random_floats(codes, 8);
        dictionary_pack(g, atoms, packed);
        code_layout_pack_code(&l, z, code);
        dictionary_synthesise(g, packed, code, image);
        code_layout_clear_margin(&l, image);
        code_layout_unpack_image(&l, image, back);
        code_layout_pack_image(&l, y, image);
        dictionary_analyse(g, packed, image, code);
        code_layout_unpack_code(&l, code, match);
        assert_true(fabs(inner(back, y, pixels) - inner(z, match, codes)) < 1e-4);
        free(y), free(z), free(atoms), free(back), free(packed), free(image), free(code);
        free(match);
    }
}

static void planes_come_back_as_they_went(void **state)
{
    (void)state;
    code_layout l;
    assert_ok(code_layout_plan(&l, 21, 3, "free", 2, 7, 6));
    size_t pixels = code_layout_pixels(&l), codes = code_layout_codes(&l);
    float *y = random_floats(pixels, 1), *z = random_floats(codes, 2);
    float *image = random_floats(dictionary_image_floats(&l.geometry), 3);
    float *code = random_floats(dictionary_code_floats(&l.geometry), 4);
    float *mask = random_floats(dictionary_image_floats(&l.geometry), 5);
    float *y2 = random_floats(pixels, 6), *z2 = random_floats(codes, 7);
    code_layout_pack_image(&l, y, image);
    code_layout_mask(&l, mask);
    for (size_t i = 0; i < (size_t)l.geometry.height * (size_t)l.geometry.width * 2; i++)
        assert_true(mask[i] == 1 || (mask[i] == 0 && image[i] == 0));
    code_layout_unpack_image(&l, image, y2);
    assert_memory_equal(y, y2, pixels * sizeof *y);
    code_layout_pack_code(&l, z, code);
    code_layout_unpack_code(&l, code, z2);
    assert_memory_equal(z, z2, codes * sizeof *z);
    free(y), free(z), free(image), free(code), free(mask), free(y2), free(z2);
}

static void layouts_that_cannot_be_are_errors(void **state)
{
    (void)state;
    code_layout l;
    assert_fails(code_layout_plan(&l, 4, 9, "full", 1, 8, 12), ST_CONFIG, "larger than the images");
    assert_fails(code_layout_plan(&l, 4, 4, "same", 1, 8, 12), ST_CONFIG, "odd kernel");
    assert_fails(code_layout_plan(&l, 4096, 9, "full", 1, 2048, 2048), ST_CONFIG, "2^31");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_have_the_sizes_of_their_border),
        cmocka_unit_test(synthesis_and_analysis_are_adjoint_for_every_border),
        cmocka_unit_test(planes_come_back_as_they_went),
        cmocka_unit_test(layouts_that_cannot_be_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
