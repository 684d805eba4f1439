// tests/models/test_code_products.c -- the sums of online dictionary learning against their
// formulas, and the descent by them: the energy never rises, planted atoms are found.
#include "models/codes/code_products.h"

#include "tests/check.h"
#include "tests/models/random_floats.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

// Images of random atoms and sparse codes, and their sums.
typedef struct trial {
    dictionary_geometry g;
    int height, width, images; // of codes; how many
    size_t taps, pixels, codes;
    float *atoms, *z, *y, *a, *b, *pull;
    placed_code *list;
} trial;

static void normalise(float *atoms, int count, size_t taps)
{
    for (int k = 0; k < count; k++) {
        double square = 0;
        for (size_t i = 0; i < taps; i++)
            square += (double)atoms[(size_t)k * taps + i] * (double)atoms[(size_t)k * taps + i];
        for (size_t i = 0; i < taps; i++)
            atoms[(size_t)k * taps + i] /= (float)sqrt(square);
    }
}

// image += sign * D z, by the formula.
static void add_synthesis(const trial *t, const float *atoms, const float *z, float sign,
                          float *image)
{
    const dictionary_geometry *g = &t->g;
    for (size_t at = 0; at < t->codes; at++) {
        int place = (int)at % (t->height * t->width), row = place / t->width;
        const float *atom = atoms + at / (size_t)(t->height * t->width) * t->taps;
        for (size_t tap = 0; z[at] != 0 && tap < t->taps; tap++) {
            int v = (int)tap % g->kernel, u = (int)tap / g->kernel % g->kernel;
            int c = (int)tap / g->kernel / g->kernel;
            int pixel = (c * g->height + row + u) * g->width + place % t->width + v;
            image[pixel] += sign * z[at] * atom[tap];
        }
    }
}

static void gather(trial *t)
{
    size_t pairs = (size_t)t->g.atoms * (size_t)t->g.atoms;
    memset(t->a, 0, pairs * (size_t)code_products_places(&t->g) * sizeof *t->a);
    memset(t->b, 0, (size_t)t->g.atoms * t->taps * sizeof *t->b);
    for (size_t n = 0; n < (size_t)t->images; n++)
        code_products_add(&t->g, t->z + n * t->codes, t->y + n * t->pixels, t->list, t->a, t->b);
}

// About one code in `sparsity` is not 0. Images are those of the atoms, which are then others.
static trial open_trial(dictionary_geometry g, int images, int sparsity)
{
    trial t = {.g = g, .images = images};
    t.height = g.height - g.kernel + 1, t.width = g.width - g.kernel + 1;
    size_t channels = (size_t)g.channels, atoms = (size_t)g.atoms;
    t.taps = channels * (size_t)g.kernel * (size_t)g.kernel;
    t.pixels = channels * (size_t)g.height * (size_t)g.width;
    t.codes = atoms * (size_t)t.height * (size_t)t.width;
    t.atoms = random_floats(atoms * t.taps, 1);
    t.z = random_floats((size_t)images * t.codes, 2);
    t.y = random_floats((size_t)images * t.pixels, 3);
    t.a = random_floats(atoms * atoms * (size_t)code_products_places(&g), 4);
    t.b = random_floats(atoms * t.taps, 5);
    t.pull = random_floats(t.taps, 6);
    t.list = calloc(t.codes, sizeof *t.list);
    assert_non_null(t.list);
    rng r = rng_open(5, RNG_TEST, 0, 7, 0);
    for (size_t i = 0; i < (size_t)images * t.codes; i++)
        if (rng_below(&r, (uint32_t)sparsity) != 0) t.z[i] = 0;
    normalise(t.atoms, g.atoms, t.taps);
    memset(t.y, 0, (size_t)images * t.pixels * sizeof *t.y);
    for (size_t n = 0; n < (size_t)images; n++)
        add_synthesis(&t, t.atoms, t.z + n * t.codes, 1, t.y + n * t.pixels);
    gather(&t);
    float *others = random_floats(atoms * t.taps, 8);
    memcpy(t.atoms, others, (size_t)g.atoms * t.taps * sizeof *others);
    free(others);
    normalise(t.atoms, g.atoms, t.taps);
    return t;
}

static void close_trial(trial *t)
{
    free(t->atoms), free(t->z), free(t->y), free(t->a), free(t->b), free(t->pull), free(t->list);
}

// Sum over images of 1/2 |y - D z|^2.
static double energy(const trial *t)
{
    double sum = 0;
    float *rest = random_floats(t->pixels, 9);
    for (size_t n = 0; n < (size_t)t->images; n++) {
        memcpy(rest, t->y + n * t->pixels, t->pixels * sizeof *rest);
        add_synthesis(t, t->atoms, t->z + n * t->codes, -1, rest);
        for (size_t i = 0; i < t->pixels; i++)
            sum += (double)rest[i] * (double)rest[i] / 2;
    }
    free(rest);
    return sum;
}

// Code of atom k at (row, column), 0 outside.
static float code_at(const trial *t, size_t n, int k, int row, int column)
{
    bool inside = row >= 0 && row < t->height && column >= 0 && column < t->width;
    size_t at = n * t->codes + (size_t)((k * t->height + row) * t->width + column);
    return inside ? t->z[at] : 0.0f;
}

static double pair_sum(const trial *t, int one, int two, int dy, int dx)
{
    double sum = 0;
    for (size_t n = 0; n < (size_t)t->images; n++)
        for (int row = 0; row < t->height; row++)
            for (int column = 0; column < t->width; column++)
                sum += (double)code_at(t, n, one, row, column) *
                       (double)code_at(t, n, two, row + dy, column + dx);
    return sum;
}

// Kernel 3 on codes of 4 x 2: places two rows below and one column aside share pixels.
static void pairs_are_summed_by_their_distance(void **state)
{
    (void)state;
    trial t = open_trial((dictionary_geometry){3, 2, 3, 6, 4}, 4, 3);
    const int places[][2] = {{0, 0}, {0, 1}, {1, -1}, {1, 0}, {1, 1}, {2, -1}, {2, 0}, {2, 1}};
    assert_int_equal(code_products_places(&t.g), 8);
    for (int pair = 0; pair < 9; pair++)
        for (int p = 0; p < 8; p++) {
            double expected = pair_sum(&t, pair / 3, pair % 3, places[p][0], places[p][1]);
            assert_true(fabs((double)t.a[pair * 8 + p] - expected) < 1e-4);
        }
    close_trial(&t);
}

static const dictionary_geometry geometries[] = {{6, 2, 3, 7, 5}, {9, 1, 4, 4, 4}, {5, 3, 2, 3, 9}};

// The images can be explained wholly, since their atoms exist; codes stay as they are.
static void descent_finds_the_atoms_of_known_codes(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        trial t = open_trial(geometries[i], 40, 4);
        double first = energy(&t), before = first;
        for (int round = 0; round < 200; round++) {
            code_products_descend(&t.g, t.a, t.b, round < 3 ? 0.5 : 1, t.pull, t.atoms);
            double now = energy(&t);
            assert_true(now <= before + 1e-6 * first);
            before = now;
        }
        assert_true(before < 1e-4 * first);
        close_trial(&t);
    }
}

// All codes positive, so that neighbours pull the same way: a whole step by the sum of squares
// alone would go too far.
static void descent_never_raises_the_energy_of_dense_codes(void **state)
{
    (void)state;
    trial t = open_trial(geometries[0], 10, 1);
    for (size_t i = 0; i < 10 * t.codes; i++)
        t.z[i] = fabsf(t.z[i]);
    gather(&t);
    double before = energy(&t);
    for (int round = 0; round < 20; round++) {
        code_products_descend(&t.g, t.a, t.b, 1, t.pull, t.atoms);
        double now = energy(&t);
        assert_true(now < before);
        before = now;
    }
    close_trial(&t);
}

static void an_atom_forgotten_stays_until_a_code_uses_it(void **state)
{
    (void)state;
    trial t = open_trial(geometries[0], 10, 4);
    float *before = random_floats(6 * t.taps, 10);
    memcpy(before, t.atoms, 6 * t.taps * sizeof *before);
    code_products_forget(&t.g, 2, t.a, t.b);
    code_products_descend(&t.g, t.a, t.b, 1, t.pull, t.atoms);
    for (size_t k = 0; k < 6; k++)
        assert_int_equal(
            memcmp(before + k * t.taps, t.atoms + k * t.taps, t.taps * sizeof *before) == 0,
            k == 2);
    free(before);
    close_trial(&t);
}

// z <- soft(z + D' (y - D z) / L, lambda / L), of patches.
static void infer(trial *t, float lambda)
{
    float *rest = random_floats(t->pixels, 11);
    float step = 1.0f / (float)t->g.atoms; // L is at most the sum of the atoms' squares
    memset(t->z, 0, (size_t)t->images * t->codes * sizeof *t->z);
    for (size_t n = 0; n < (size_t)t->images; n++)
        for (int iteration = 0; iteration < 60; iteration++) {
            float *z = t->z + n * t->codes;
            memcpy(rest, t->y + n * t->pixels, t->pixels * sizeof *rest);
            add_synthesis(t, t->atoms, z, -1, rest);
            for (size_t k = 0; k < t->codes; k++) {
                float pull = 0;
                for (size_t tap = 0; tap < t->taps; tap++)
                    pull += t->atoms[k * t->taps + tap] * rest[tap];
                float moved = z[k] + step * pull;
                z[k] = copysignf(fmaxf(fabsf(moved) - step * lambda, 0), moved);
            }
        }
    free(rest);
}

// Largest |<atom, planted>| over atoms.
static double nearest(const trial *t, const float *planted)
{
    double most = 0;
    for (size_t k = 0; k < (size_t)t->g.atoms; k++) {
        double sum = 0;
        for (size_t i = 0; i < t->taps; i++)
            sum += (double)t->atoms[k * t->taps + i] * (double)planted[i];
        most = fmax(most, fabs(sum));
    }
    return most;
}

static void planted_atoms_are_recovered(void **state)
{
    (void)state;
    trial t = open_trial((dictionary_geometry){8, 1, 4, 4, 4}, 150, 5);
    float *planted = random_floats(8 * t.taps, 1);
    normalise(planted, 8, t.taps);
    for (int round = 0; round < 40; round++) {
        infer(&t, 0.1f);
        gather(&t);
        code_products_descend(&t.g, t.a, t.b, 1, t.pull, t.atoms);
    }
    for (size_t k = 0; k < 8; k++)
        assert_true(nearest(&t, planted + k * t.taps) > 0.99);
    free(planted);
    close_trial(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pairs_are_summed_by_their_distance),
        cmocka_unit_test(descent_finds_the_atoms_of_known_codes),
        cmocka_unit_test(descent_never_raises_the_energy_of_dense_codes),
        cmocka_unit_test(an_atom_forgotten_stays_until_a_code_uses_it),
        cmocka_unit_test(planted_atoms_are_recovered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
