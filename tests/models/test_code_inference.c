// What codes synthesise and the residual they leave add up to the image, with and without a margin.
#include "tests/check.h"

#include "models/code_inference.h"
#include "base/rng.h"

#include <math.h>

enum { ATOMS = 3, KERNEL = 3, CHANNELS = 2, SIDE = 6, PIXELS = CHANNELS * SIDE * SIDE };

static void fill(float *values, size_t count, uint64_t seed)
{
    rng r = rng_open(seed, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < count; i++)
        values[i] = rng_uniform(&r) - 0.5f;
}

static void check_border(const char *border)
{
    code_layout layout;
    code_inference *c = NULL;
    float atoms[ATOMS * CHANNELS * KERNEL * KERNEL], image[PIXELS], made[PIXELS], left[PIXELS];
    float codes[ATOMS * (SIDE + KERNEL) * (SIDE + KERNEL)];
    inference_problem problem = {.solver = solver_find("encoder_only"),
                                 .penalty = penalty_find("l1")};
    assert_ok(code_layout_plan(&layout, ATOMS, KERNEL, border, CHANNELS, SIDE, SIDE));
    assert_ok(code_inference_create(&c, &problem, &layout));
    fill(atoms, sizeof atoms / sizeof *atoms, 1);
    fill(image, PIXELS, 2);
    fill(codes, code_layout_codes(&layout), 3);
    assert_ok(code_inference_set_atoms(c, atoms));
    code_inference_synthesise(c, codes, made);
    code_inference_residual(c, image, codes, left);
    float most = 0;
    for (int i = 0; i < PIXELS; i++) {
        most = fmaxf(most, fabsf(made[i]));
        assert_true(fabsf(made[i] + left[i] - image[i]) < 1e-6f);
    }
    assert_true(most > 0.1f);
    code_inference_destroy(c);
}

static void synthesis_and_residual_are_the_image(void **state)
{
    (void)state;
    check_border("full");
    check_border("same");
    check_border("free");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synthesis_and_residual_are_the_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
