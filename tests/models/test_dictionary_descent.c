// tests/models/test_dictionary_descent.c -- a pass leaves each code at its best, and the residual
// true.
#include "models/kernels/dictionary/dictionary_descent.h"

#include "models/codes/solvers/objective.h"
#include "tests/check.h"
#include "tests/models/solver_trial.h"

#include <math.h>
#include <stdlib.h>

typedef struct pass {
    descent_problem descent;
    float *z, *residual, *square, *curvature, *prediction;
    active_code *list;
} pass;

static float *take(size_t count)
{
    float *x = calloc(count, sizeof *x);
    assert_non_null(x);
    return x;
}

// Lists every fourth code, all 0.
static pass open_pass(trial *t)
{
    const dictionary_geometry *g = &t->kind.g;
    size_t pixels = dictionary_image_floats(g);
    pass p = {.z = take(t->codes),
              .residual = take(pixels),
              .square = take(pixels),
              .curvature = take(t->codes),
              .prediction = take(t->codes),
              .list = calloc(t->codes, sizeof(active_code))};
    assert_non_null(p.list);
    for (size_t i = 0; i < t->codes; i++)
        if (i % 4 == 0 && i % (size_t)dictionary_lanes(g) < (size_t)g->atoms) t->code[i] = 1;
    size_t count = dictionary_list_nonzero(g, t->code, p.list);
    for (size_t i = 0; i < count; i++)
        p.prediction[i] = t->prediction[p.list[i].at];
    for (size_t i = 0; i < objective_pixels(&t->problem); i++)
        p.square[i] = t->mask[i] * t->mask[i];
    memset(t->code, 0, t->codes * sizeof *t->code);
    objective_residual(&t->problem, p.residual);
    p.descent = (descent_problem){.list = p.list,
                                  .count = count,
                                  .packed = t->packed,
                                  .mask_square = t->kind.masked ? p.square : NULL,
                                  .curvature = p.curvature,
                                  .prediction = t->kind.alpha > 0 ? p.prediction : NULL,
                                  .lambda = (float)t->problem.lambda,
                                  .alpha = (float)t->kind.alpha,
                                  .non_negative = t->kind.non_negative};
    dictionary_curvature(g, &p.descent, p.curvature);
    for (size_t i = 0; i < count; i++)
        p.curvature[i] += 2 * p.descent.alpha;
    return p;
}

static void close_pass(pass *p)
{
    free(p->z);
    free(p->residual);
    free(p->square);
    free(p->curvature);
    free(p->prediction);
    free(p->list);
}

static double energy_of(trial *t, const pass *p, size_t changed, float by)
{
    memset(t->code, 0, t->codes * sizeof *t->code);
    for (size_t i = 0; i < p->descent.count; i++)
        t->code[p->list[i].at] = p->z[i];
    t->code[p->list[changed].at] += by;
    return trial_energy_of_code(t);
}

static void the_residual_stays_true(trial *t, pass *p)
{
    float *fresh = take(dictionary_image_floats(&t->kind.g));
    energy_of(t, p, 0, 0); // lays out the code
    dictionary_synthesise(&t->kind.g, t->packed, t->code, fresh);
    objective_residual(&t->problem, fresh);
    for (size_t i = 0; i < objective_pixels(&t->problem); i++)
        assert_true(fabsf(fresh[i] - p->residual[i]) < 1e-4f);
    free(fresh);
}

static void a_pass_lowers_the_energy_and_keeps_the_residual(void **state)
{
    (void)state;
    for (const trial_kind *kind = trial_kinds; kind->name != NULL; kind++) {
        trial t = trial_open(kind);
        pass p = open_pass(&t);
        double before = energy_of(&t, &p, 0, 0);
        for (int n = 0; n < 3; n++) {
            dictionary_descend(&kind->g, &p.descent, p.z, p.residual);
            the_residual_stays_true(&t, &p);
            double after = energy_of(&t, &p, 0, 0);
            assert_true(after < before + 1e-5);
            before = after;
        }
        close_pass(&p);
        trial_close(&t);
    }
}

// The last code of the list has just been moved to its best value: any other is worse.
static void the_code_that_moved_last_is_at_its_best(void **state)
{
    (void)state;
    for (const trial_kind *kind = trial_kinds; kind->name != NULL; kind++) {
        trial t = trial_open(kind);
        pass p = open_pass(&t);
        for (; p.descent.count > 0; p.descent.count--) {
            size_t last = p.descent.count - 1;
            dictionary_descend(&kind->g, &p.descent, p.z, p.residual);
            if (p.z[last] == 0) continue; // one that moved is wanted
            double best = energy_of(&t, &p, last, 0);
            assert_true(energy_of(&t, &p, last, 0.05f) > best);
            assert_true(energy_of(&t, &p, last, -0.05f) > best ||
                        (kind->non_negative && p.z[last] < 0.05f));
            break;
        }
        assert_true(p.descent.count > 0);
        close_pass(&p);
        trial_close(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pass_lowers_the_energy_and_keeps_the_residual),
        cmocka_unit_test(the_code_that_moved_last_is_at_its_best),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
