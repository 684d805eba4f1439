// tests/models/test_dictionary.c -- D and D' are adjoint, and agree with the plain loops.
#include "models/kernels/dictionary/dictionary.h"

#include "base/rng.h"
#include "models/kernels/dictionary/dictionary_reference.h"
#include "tests/check.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

typedef struct trial {
    dictionary_geometry g;
    float *atoms, *packed, *image, *code, *image_out, *code_out;
    active_code *list;
    size_t count; // of codes that are not 0
} trial;

static float *take(size_t count)
{
    float *x = calloc(count, sizeof *x);
    assert_non_null(x);
    return x;
}

static void fill(float *x, size_t count, uint64_t key)
{
    rng r = rng_open(5, RNG_AUGMENT, 0, key, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&r);
}

// Random atoms and image; codes of which about one in `every` is not 0.
static trial open_trial(dictionary_geometry g, uint32_t every)
{
    trial t = {.g = g};
    size_t atoms = (size_t)g.atoms * (size_t)g.channels * (size_t)(g.kernel * g.kernel);
    t.atoms = take(atoms);
    t.packed = take(dictionary_packed_floats(&g));
    t.image = take(dictionary_image_floats(&g));
    t.code = take(dictionary_code_floats(&g));
    t.image_out = take(dictionary_image_floats(&g));
    t.code_out = take(dictionary_code_floats(&g));
    t.list = calloc(dictionary_code_floats(&g), sizeof *t.list);
    assert_non_null(t.list);
    fill(t.atoms, atoms, 1);
    fill(t.image, (size_t)g.height * (size_t)g.width * (size_t)g.channels, 2);
    rng r = rng_open(5, RNG_AUGMENT, 0, 3, 0);
    for (size_t q = 0; q < dictionary_positions(&g); q++)
        for (int a = 0; a < g.atoms; a++)
            if (rng_below(&r, every) == 0)
                t.code[q * (size_t)dictionary_lanes(&g) + (size_t)a] = rng_normal(&r);
    dictionary_pack(&g, t.atoms, t.packed);
    t.count = dictionary_list_nonzero(&g, t.code, t.list);
    return t;
}

static void close_trial(trial *t)
{
    free(t->atoms);
    free(t->packed);
    free(t->image);
    free(t->code);
    free(t->image_out);
    free(t->code_out);
    free(t->list);
}

static double inner(const float *x, const float *y, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

static size_t pixels(const dictionary_geometry *g)
{
    return (size_t)g->height * (size_t)g->width * (size_t)g->channels;
}

// Among them one, two, three, four, five and more vectors of atoms, of taps, and of a row; and one,
// few and many positions.
static const dictionary_geometry geometries[] = {
    {64, 3, 9, 32, 32},  {32, 1, 9, 32, 32}, {1, 1, 9, 21, 17}, {17, 2, 5, 12, 13},
    {96, 1, 12, 12, 12}, {20, 16, 7, 10, 9}, {3, 4, 1, 3, 3},   {48, 2, 3, 7, 6},
    {20, 2, 4, 9, 4},    {33, 2, 4, 4, 9},
};
#define GEOMETRIES (sizeof geometries / sizeof *geometries)

static void synthesis_and_analysis_are_adjoint(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        trial t = open_trial(geometries[i], 3);
        dictionary_synthesise(&t.g, t.packed, t.code, t.image_out);
        dictionary_analyse(&t.g, t.packed, t.image, t.code_out);
        double there = inner(t.image_out, t.image, pixels(&t.g));
        double back = inner(t.code, t.code_out, dictionary_code_floats(&t.g));
        double scale = sqrt(inner(t.image_out, t.image_out, pixels(&t.g)) *
                            inner(t.image, t.image, pixels(&t.g)));
        assert_true(fabs(there - back) <= 1e-6 * scale);
        close_trial(&t);
    }
}

// |x - expected| <= 2e-6 |expected| + 2e-6 of its typical value
static void assert_close(const float *x, const float *expected, size_t count)
{
    double square = inner(expected, expected, count) / (double)count;
    for (size_t i = 0; i < count; i++) {
        double off = fabs((double)x[i] - (double)expected[i]);
        assert_true(off <= 2e-6 * (fabs((double)expected[i]) + sqrt(square)));
    }
}

static void every_operation_gives_what_the_plain_loops_give(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        trial t = open_trial(geometries[i], 3);
        size_t codes = dictionary_code_floats(&t.g);
        size_t atoms = (size_t)t.g.atoms * (size_t)t.g.channels * (size_t)(t.g.kernel * t.g.kernel);
        float *image = take(dictionary_image_floats(&t.g)), *code = take(codes);
        float *gradient = take(atoms), *expected = take(atoms);
        float *sums = take(dictionary_sum_floats(&t.g));

        dictionary_synthesise(&t.g, t.packed, t.code, t.image_out);
        dictionary_reference_synthesise(&t.g, t.atoms, t.code, image);
        assert_close(t.image_out, image, pixels(&t.g));

        memset(t.code_out, 1, codes * sizeof *t.code_out);
        dictionary_analyse(&t.g, t.packed, t.image, t.code_out);
        dictionary_reference_analyse(&t.g, t.atoms, t.image, code);
        assert_close(t.code_out, code, codes);

        dictionary_correlate(&t.g, t.image, t.code, NULL, 0, sums);
        dictionary_add_sums(&t.g, sums, -3, gradient);
        dictionary_reference_correlate(&t.g, t.image, t.code, -3, expected);
        assert_close(gradient, expected, atoms);

        free(image);
        free(code);
        free(gradient);
        free(expected);
        free(sums);
        close_trial(&t);
    }
}

static void lanes_beyond_the_atoms_are_0(void **state)
{
    (void)state;
    trial t = open_trial((dictionary_geometry){17, 2, 5, 12, 13}, 3);
    memset(t.code_out, 1, dictionary_code_floats(&t.g) * sizeof *t.code_out);
    dictionary_analyse(&t.g, t.packed, t.image, t.code_out);
    for (size_t q = 0; q < dictionary_positions(&t.g); q++)
        for (size_t a = 17; a < 32; a++)
            assert_true(t.code_out[q * 32 + a] == 0);
    close_trial(&t);
}

// Whatever lies behind the image: the floats there are read, and must not count.
static void what_lies_behind_the_image_does_not_count(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        trial t = open_trial(geometries[i], 3);
        size_t codes = dictionary_code_floats(&t.g);
        float *expected = take(codes);
        dictionary_analyse(&t.g, t.packed, t.image, expected);
        for (size_t p = pixels(&t.g); p < dictionary_image_floats(&t.g); p++)
            t.image[p] = NAN;
        dictionary_analyse(&t.g, t.packed, t.image, t.code_out);
        assert_memory_equal(t.code_out, expected, codes * sizeof *expected);
        dictionary_analyse_active(&t.g, t.packed, t.image, t.list, t.count, t.code_out);
        for (size_t j = 0; j < codes; j++)
            assert_true(isfinite(t.code_out[j]));
        free(expected);
        close_trial(&t);
    }
}

static void the_alignment_of_buffers_does_not_change_a_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        trial t = open_trial(geometries[i], 3);
        size_t images = dictionary_image_floats(&t.g), codes = dictionary_code_floats(&t.g);
        size_t packs = dictionary_packed_floats(&t.g);
        float *image = take(images + 3), *code = take(codes + 5), *packed = take(packs + 1);
        memcpy(image + 3, t.image, images * sizeof *image);
        memcpy(packed + 1, t.packed, packs * sizeof *packed);
        dictionary_analyse(&t.g, t.packed, t.image, t.code_out);
        dictionary_analyse(&t.g, packed + 1, image + 3, code + 5);
        assert_memory_equal(code + 5, t.code_out, codes * sizeof *code);
        dictionary_synthesise(&t.g, t.packed, t.code_out, t.image_out);
        dictionary_synthesise(&t.g, packed + 1, code + 5, image + 3);
        assert_memory_equal(image + 3, t.image_out, pixels(&t.g) * sizeof *image);
        free(image);
        free(code);
        free(packed);
        close_trial(&t);
    }
}

// One atom at one place is that atom in the image.
static void one_code_lays_its_atom(void **state)
{
    (void)state;
    trial t = open_trial((dictionary_geometry){17, 2, 5, 12, 13}, 1u << 31);
    for (size_t i = 0; i < dictionary_code_floats(&t.g); i++)
        t.code[i] = 0;
    int row = 3, column = 4, atom = 16;
    t.code[(size_t)(row * 9 + column) * (size_t)dictionary_lanes(&t.g) + (size_t)atom] = 2;
    dictionary_synthesise(&t.g, t.packed, t.code, t.image_out);
    for (int y = 0; y < 12; y++)
        for (int x = 0; x < 13; x++)
            for (int c = 0; c < 2; c++) {
                int u = y - row, v = x - column;
                bool inside = u >= 0 && u < 5 && v >= 0 && v < 5;
                float expected = inside ? 2 * t.atoms[((atom * 2 + c) * 5 + u) * 5 + v] : 0.0f;
                assert_true(t.image_out[(y * 13 + x) * 2 + c] == expected);
            }
    close_trial(&t);
}

static void the_listed_codes_give_what_all_give(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        trial t = open_trial(geometries[i], 9);
        float *dense = take(dictionary_image_floats(&t.g));
        dictionary_synthesise(&t.g, t.packed, t.code, dense);
        dictionary_synthesise_active(&t.g, t.packed, t.code, t.list, t.count, t.image_out);
        double scale = sqrt(inner(dense, dense, pixels(&t.g)) / (double)pixels(&t.g));
        for (size_t p = 0; p < pixels(&t.g); p++)
            assert_true(fabs((double)dense[p] - (double)t.image_out[p]) <= 1e-5 * scale);
        float *all = take(dictionary_code_floats(&t.g));
        dictionary_analyse(&t.g, t.packed, t.image, all);
        dictionary_analyse_active(&t.g, t.packed, t.image, t.list, t.count, t.code_out);
        double size = sqrt(inner(all, all, dictionary_code_floats(&t.g)) /
                           (double)dictionary_positions(&t.g));
        for (size_t j = 0; j < t.count; j++) {
            size_t at = (size_t)t.list[j].at;
            assert_true(fabs((double)all[at] - (double)t.code_out[at]) <= 1e-5 * size);
        }
        free(all);
        free(dense);
        close_trial(&t);
    }
}

// <D z, r> is linear in D: its gradient by the atoms, times the atoms, is itself.
static void the_correlation_is_the_gradient_by_the_atoms(void **state)
{
    (void)state;
    for (size_t i = 0; i < GEOMETRIES; i++) {
        trial t = open_trial(geometries[i], 4);
        size_t atoms = (size_t)t.g.atoms * (size_t)t.g.channels * (size_t)(t.g.kernel * t.g.kernel);
        for (int listed = 0; listed < 2; listed++) {
            float *sums = take(dictionary_sum_floats(&t.g)), *gradient = take(atoms);
            dictionary_correlate(&t.g, t.image, t.code, listed ? t.list : NULL, t.count, sums);
            dictionary_add_sums(&t.g, sums, 2, gradient);
            dictionary_synthesise(&t.g, t.packed, t.code, t.image_out);
            double expected = 2 * inner(t.image_out, t.image, pixels(&t.g));
            double scale = sqrt(inner(t.image_out, t.image_out, pixels(&t.g)) *
                                inner(t.image, t.image, pixels(&t.g)));
            assert_true(fabs(inner(gradient, t.atoms, atoms) - expected) <= 1e-5 * scale);
            free(sums);
            free(gradient);
        }
        close_trial(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synthesis_and_analysis_are_adjoint),
        cmocka_unit_test(every_operation_gives_what_the_plain_loops_give),
        cmocka_unit_test(lanes_beyond_the_atoms_are_0),
        cmocka_unit_test(what_lies_behind_the_image_does_not_count),
        cmocka_unit_test(the_alignment_of_buffers_does_not_change_a_bit),
        cmocka_unit_test(one_code_lays_its_atom),
        cmocka_unit_test(the_listed_codes_give_what_all_give),
        cmocka_unit_test(the_correlation_is_the_gradient_by_the_atoms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
