// tests/models/test_code_inference.c -- codes of images as planes: what is asked for is what comes,
// and images that cannot be coded are errors.
#include "models/codes/code_inference.h"

#include "base/rng.h"
#include "tests/check.h"
#include "tests/models/random_floats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ATOMS = 12, KERNEL = 3, CHANNELS = 2, SIDE = 7 };

typedef struct trial {
    code_layout layout;
    code_inference *inference;
    void *solver_settings;
    float *image, *codes;
} trial;

static void open_trial(trial *t, const char *border)
{
    *t = (trial){0};
    const solver_type *solver = solver_find("working_set");
    config *c = NULL;
    t->solver_settings = calloc(1, solver->config_size + 1);
    assert_non_null(t->solver_settings);
    assert_ok(config_parse(&c, "{gap: 1e-6}", "solver", 0, NULL));
    assert_ok(config_read(
        c, "", (const config_part[]){{solver->fields, t->solver_settings}, {NULL, NULL}}));
    config_destroy(c);
    inference_problem p = {
        .solver = solver, .penalty = penalty_find("l1"), .solver_settings = t->solver_settings};
    assert_ok(code_layout_plan(&t->layout, ATOMS, KERNEL, border, CHANNELS, SIDE, SIDE));
    assert_ok(code_inference_create(&t->inference, &p, &t->layout));
    float *atoms = random_floats((size_t)ATOMS * CHANNELS * KERNEL * KERNEL, 1);
    for (size_t i = 0; i < (size_t)ATOMS * CHANNELS * KERNEL * KERNEL; i++)
        atoms[i] *= 0.25f;
    assert_ok(code_inference_set_atoms(t->inference, atoms));
    free(atoms);
    t->image = random_floats(code_layout_pixels(&t->layout), 2);
    t->codes = calloc(code_layout_codes(&t->layout), sizeof *t->codes);
    assert_non_null(t->codes);
}

static void close_trial(trial *t)
{
    code_inference_destroy(t->inference);
    free(t->solver_settings), free(t->image), free(t->codes);
}

// The energies told are those of the code returned, whatever the border.
static void the_result_tells_of_the_code_returned(void **state)
{
    (void)state;
    const char *borders[] = {"full", "same", "free"};
    for (int i = 0; i < 3; i++) {
        trial t;
        open_trial(&t, borders[i]);
        inference_result r;
        assert_ok(code_inference_look(t.inference, t.image));
        code_inference_solve(t.inference, NULL, 0.5, t.codes, &r);
        size_t nonzeros = 0, codes = code_layout_codes(&t.layout);
        double price = 0, square = 0;
        for (size_t k = 0; k < codes; k++) {
            nonzeros += t.codes[k] != 0;
            price += fabs((double)t.codes[k]);
        }
        assert_true(nonzeros > 0 && nonzeros < codes && nonzeros == r.nonzeros);
        float *rest = random_floats(code_layout_pixels(&t.layout), 3);
        code_inference_residual(t.inference, t.image, t.codes, rest);
        for (size_t k = 0; k < code_layout_pixels(&t.layout); k++)
            square += (double)rest[k] * (double)rest[k];
        double energy = square / 2 + 0.5 * price;
        assert_true(fabs(energy - r.energy) < 1e-4 * energy);
        assert_true(fabs(square / 2 - r.reconstruction) < 1e-4 * energy);
        double told = code_inference_energy(t.inference, t.image, 0.5, t.codes);
        assert_true(fabs(told - energy) < 1e-4 * energy && r.gap <= 1e-5);
        // What the codes synthesise and what they leave add up to the image.
        float *made = random_floats(code_layout_pixels(&t.layout), 4);
        code_inference_synthesise(t.inference, t.codes, made);
        for (size_t k = 0; k < code_layout_pixels(&t.layout); k++)
            assert_true(fabsf(made[k] + rest[k] - t.image[k]) < 1e-5f);
        free(made);
        free(rest);
        close_trial(&t);
    }
}

static void all_codes_are_zero_from_lambda_max_on(void **state)
{
    (void)state;
    trial t;
    open_trial(&t, "same");
    inference_result r;
    assert_ok(code_inference_look(t.inference, t.image));
    double most = code_inference_lambda_max(t.inference);
    code_inference_solve(t.inference, NULL, most * 1.0001, t.codes, &r);
    assert_true(r.nonzeros == 0);
    code_inference_solve(t.inference, NULL, most * 0.99, t.codes, &r);
    assert_true(r.nonzeros > 0);
    memset(t.image, 0, code_layout_pixels(&t.layout) * sizeof *t.image);
    assert_ok(code_inference_look(t.inference, t.image));
    code_inference_solve(t.inference, NULL, 0.1, t.codes, &r);
    assert_true(r.nonzeros == 0 && r.energy == 0);
    close_trial(&t);
}

// Matches at hand save work and change no bit; those of another image or dictionary are not taken.
static void a_code_has_the_same_bits_after_lambda_max(void **state)
{
    (void)state;
    trial t;
    open_trial(&t, "same");
    size_t bytes = code_layout_codes(&t.layout) * sizeof *t.codes;
    float *other = random_floats(code_layout_pixels(&t.layout), 5), *again = calloc(1, bytes);
    inference_result r;
    assert_non_null(again);
    assert_ok(code_inference_look(t.inference, t.image));
    code_inference_solve(t.inference, NULL, 0.3, t.codes, &r);
    assert_ok(code_inference_look(t.inference, other));
    (void)code_inference_lambda_max(t.inference);
    for (int measured = 0; measured < 2; measured++) {
        assert_ok(code_inference_look(t.inference, t.image));
        if (measured) (void)code_inference_lambda_max(t.inference);
        memset(again, 0, bytes);
        code_inference_solve(t.inference, NULL, 0.3, again, &r);
        assert_memory_equal(t.codes, again, bytes);
    }
    free(other), free(again);
    close_trial(&t);
}

static void a_pixel_that_is_no_number_is_an_error(void **state)
{
    (void)state;
    trial t;
    open_trial(&t, "full");
    t.image[5] = NAN;
    assert_fails(code_inference_look(t.inference, t.image), ST_BAD_DATA, "not a finite number");
    t.image[5] = INFINITY;
    assert_fails(code_inference_look(t.inference, t.image), ST_BAD_DATA, "not a finite number");
    close_trial(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_result_tells_of_the_code_returned),
        cmocka_unit_test(all_codes_are_zero_from_lambda_max_on),
        cmocka_unit_test(a_code_has_the_same_bits_after_lambda_max),
        cmocka_unit_test(a_pixel_that_is_no_number_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
