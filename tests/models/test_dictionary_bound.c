// tests/models/test_dictionary_bound.c -- the bound bounds, closely, and is numpy's.
#include "models/kernels/dictionary/dictionary_bound.h"

#include "base/rng.h"
#include "tests/check.h"
#include "tests/golden/dictionary_bound.h"

#include <math.h>
#include <stdlib.h>

static float *take(size_t count)
{
    float *x = calloc(count, sizeof *x);
    assert_non_null(x);
    return x;
}

static size_t weights(const dictionary_geometry *g)
{
    return (size_t)g->atoms * (size_t)g->channels * (size_t)(g->kernel * g->kernel);
}

static void small_cases_are_numpys(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_bounds / sizeof *golden_bounds; i++) {
        dictionary_geometry g = {golden_bounds[i].atoms, golden_bounds[i].channels,
                                 golden_bounds[i].kernel, golden_bounds[i].height,
                                 golden_bounds[i].width};
        float *atoms = take(weights(&g));
        for (size_t j = 0; j < weights(&g); j++) {
            double x = sin(12.9898 * (double)j) * 43758.5453;
            atoms[j] = (float)(x - floor(x) - 0.25);
        }
        double bound = 0;
        assert_ok(dictionary_bound(&g, atoms, &bound));
        assert_true(bound >= golden_bounds[i].value);
        assert_true(bound <= golden_bounds[i].value * (1 + 2e-5));
        free(atoms);
    }
}

// The largest eigenvalue of D'D by power iteration: from below.
static double iterate(const dictionary_geometry *g, const float *atoms, int times)
{
    size_t codes = dictionary_code_floats(g);
    float *packed = take(dictionary_packed_floats(g)), *image = take(dictionary_image_floats(g));
    float *code = take(codes);
    dictionary_pack(g, atoms, packed);
    rng r = rng_open(3, RNG_AUGMENT, 0, 1, 0);
    for (size_t i = 0; i < codes; i++)
        if (i % (size_t)dictionary_lanes(g) < (size_t)g->atoms) code[i] = rng_normal(&r);
    double value = 0;
    for (int n = 0; n < times; n++) {
        double square = 0;
        for (size_t i = 0; i < codes; i++)
            square += (double)code[i] * (double)code[i];
        value = sqrt(square);
        for (size_t i = 0; i < codes; i++)
            code[i] = (float)((double)code[i] / value);
        dictionary_synthesise(g, packed, code, image);
        dictionary_analyse(g, packed, image, code);
    }
    free(packed);
    free(image);
    free(code);
    return value;
}

// Random atoms of norm 1, with a mean added that makes one frequency stand out.
static void fill_atoms(const dictionary_geometry *g, float *atoms, float mean)
{
    size_t each = weights(g) / (size_t)g->atoms;
    rng r = rng_open(3, RNG_AUGMENT, 0, 2, 0);
    for (size_t a = 0; a < (size_t)g->atoms; a++) {
        double square = 0;
        for (size_t i = 0; i < each; i++) {
            atoms[a * each + i] = rng_normal(&r) + mean;
            square += (double)atoms[a * each + i] * (double)atoms[a * each + i];
        }
        for (size_t i = 0; i < each; i++)
            atoms[a * each + i] = (float)((double)atoms[a * each + i] / sqrt(square));
    }
}

static void no_power_iteration_gets_above_the_bound(void **state)
{
    (void)state;
    static const struct {
        dictionary_geometry g;
        double least; // share of the bound that power iteration reaches
    } cases[] = {
        {{16, 1, 5, 30, 30}, 0.93}, {{16, 3, 5, 32, 32}, 0.88}, {{3, 5, 3, 20, 30}, 0.96},
        {{32, 1, 9, 17, 17}, 0.40}, {{40, 2, 6, 6, 6}, 0.9998},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int with_mean = 0; with_mean < 2; with_mean++) {
            dictionary_geometry g = cases[i].g;
            float *atoms = take(weights(&g));
            fill_atoms(&g, atoms, (float)with_mean);
            double bound = 0, reached = iterate(&g, atoms, 50);
            assert_ok(dictionary_bound(&g, atoms, &bound));
            assert_true(reached <= bound);
            assert_true(reached >= cases[i].least * bound);
            free(atoms);
        }
}

static void an_atom_that_is_not_finite_is_refused(void **state)
{
    (void)state;
    dictionary_geometry g = {2, 3, 3, 8, 8};
    float *atoms = take(weights(&g));
    atoms[7] = NAN;
    double bound = 0;
    assert_fails(dictionary_bound(&g, atoms, &bound), ST_DIVERGED, "dictionary");
    free(atoms);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_cases_are_numpys),
        cmocka_unit_test(no_power_iteration_gets_above_the_bound),
        cmocka_unit_test(an_atom_that_is_not_finite_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
