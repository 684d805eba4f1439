// tests/models/test_sparse_golden.c -- least energies against scikit-learn's and sporco's.
#include "base/config.h"
#include "models/kernels/dictionary/dictionary_bound.h"
#include "models/codes/lambda.h"
#include "models/codes/solver.h"
#include "tests/check.h"

#include <math.h>
#include <stdlib.h>

static const struct {
    dictionary_geometry g;
    bool non_negative;
    double lambda, least, tolerance;
} golden[] = {
#include "tests/golden/sparse_codes.h"
};
#define GOLDEN (sizeof golden / sizeof *golden)

static void *take(size_t bytes)
{
    void *x = aligned_alloc(64, (bytes + 63) / 64 * 64);
    assert_non_null(x);
    memset(x, 0, bytes);
    return x;
}

// Uniform in -1/2 .. 1/2, the same as tests/golden/sparse_codes.py's.
static double hashed(size_t i)
{
    double x = sin(12.9898 * (double)i) * 43758.5453;
    return x - floor(x) - 0.5;
}

static void make_atoms(const dictionary_geometry *g, float *atoms)
{
    size_t taps = (size_t)g->channels * (size_t)(g->kernel * g->kernel);
    for (size_t a = 0; a < (size_t)g->atoms; a++) {
        double sum = 0;
        for (size_t i = 0; i < taps; i++)
            sum += hashed(a * taps + i) * hashed(a * taps + i);
        for (size_t i = 0; i < taps; i++)
            atoms[a * taps + i] = (float)(hashed(a * taps + i) / sqrt(sum));
    }
}

static double least_energy(const solver_type *solver, inference *p, const float *atoms)
{
    union {
        char bytes[256];
        double aligned;
    } settings;
    assert_true(solver->config_size <= sizeof settings);
    config *c;
    assert_ok(config_parse(&c, "{gap: 5.0e-5, iterations: 100000}", "golden", 0, NULL));
    assert_ok(config_read(c, "", (const config_part[]){{solver->fields, &settings}, {0}}));
    config_destroy(c);
    void *prepared = NULL, *scratch = take(solver->scratch_bytes(&settings, &p->geometry));
    if (solver->prepare != NULL) {
        prepared = take(solver->prepared_bytes(&settings, &p->geometry));
        solver->prepare(&settings, &p->geometry, atoms, prepared);
    }
    p->prepared = prepared;
    float *code = take(dictionary_code_floats(&p->geometry) * sizeof(float));
    inference_result r;
    solver->solve(&settings, p, code, scratch, &r);
    free(code);
    free(scratch);
    free(prepared);
    return r.energy;
}

static void energies_agree_with_scikit_learn_and_sporco(void **state)
{
    (void)state;
    for (size_t i = 0; i < GOLDEN; i++) {
        const dictionary_geometry *g = &golden[i].g;
        size_t pixels = (size_t)g->height * (size_t)g->width * (size_t)g->channels;
        size_t taps = (size_t)g->channels * (size_t)g->kernel * (size_t)g->kernel;
        float *atoms = take((size_t)g->atoms * taps * sizeof(float));
        float *image = take(dictionary_image_floats(g) * sizeof(float));
        float *packed = take(dictionary_packed_floats(g) * sizeof(float));
        make_atoms(g, atoms);
        for (size_t p = 0; p < pixels; p++)
            image[p] = (float)hashed(100000 + p);
        dictionary_pack(g, atoms, packed);
        inference problem = {.geometry = *g,
                             .packed = packed,
                             .image = image,
                             .lambda = golden[i].lambda,
                             .penalty = penalty_find("l1"),
                             .non_negative = golden[i].non_negative};
        assert_ok(dictionary_bound(g, atoms, &problem.bound));
        const char *solvers[] = {"working_set", "fista", "coordinate_descent"};
        for (size_t s = 0; s < 3; s++) {
            double energy = least_energy(solver_find(solvers[s]), &problem, atoms);
            if (!(fabs(energy / golden[i].least - 1) <= golden[i].tolerance))
                fail_msg("case %zu, %s: energy %.9g, theirs %.9g", i, solvers[s], energy,
                         golden[i].least);
        }
        free(atoms);
        free(image);
        free(packed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(energies_agree_with_scikit_learn_and_sporco),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
