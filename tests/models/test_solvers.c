// tests/models/test_solvers.c -- every solver on every kind of problem against a slow oracle.
#include "models/codes/lambda.h"
#include "models/codes/solvers/objective.h"
#include "tests/check.h"
#include "tests/allocations.h"
#include "tests/models/solver_trial.h"

#include <math.h>
#include <stdlib.h>

static bool minimises(const solver_type *solver)
{
    return solver->fields != NULL; // encoder_only has no settings
}

static double energy_at_zero(const trial *t)
{
    double *zero = calloc(t->codes, sizeof *zero);
    assert_non_null(zero);
    double energy = trial_energy(t, zero);
    free(zero);
    return energy;
}

// Calls `test` with each solver that takes the problem, ready with `settings`.
static void for_each_solver(const char *settings, void (*test)(trial *t))
{
    for (const trial_kind *kind = trial_kinds; kind->name != NULL; kind++) {
        trial t = trial_open(kind);
        for (int i = 0; solver_table[i] != NULL; i++) {
            memset(t.code, 0, t.codes * sizeof *t.code);
            if (trial_use(&t, solver_table[i], settings)) test(&t);
        }
        trial_close(&t);
    }
}

static void fill_code(trial *t, float scale)
{
    size_t lanes = (size_t)dictionary_lanes(&t->kind.g);
    for (size_t i = 0; i < t->codes; i++) {
        bool used = i % lanes < (size_t)t->kind.g.atoms && i % 3 == 0;
        float x = scale * sinf((float)i);
        t->code[i] = used ? (t->kind.non_negative ? fabsf(x) : x) : 0.0f;
    }
}

static void check_result(trial *t, const inference_result *r)
{
    double zero = energy_at_zero(t), energy = trial_energy_of_code(t);
    size_t nonzeros = 0, lanes = (size_t)dictionary_lanes(&t->kind.g);
    for (size_t i = 0; i < t->codes; i++) {
        nonzeros += t->code[i] != 0;
        assert_true(t->code[i] == 0 || i % lanes < (size_t)t->kind.g.atoms);
        assert_true(t->code[i] >= 0 || !t->kind.non_negative);
    }
    assert_int_equal(r->nonzeros, nonzeros);
    assert_true(fabs(r->energy - energy) <= 2e-6 * zero);
    assert_true(r->reconstruction <= r->energy);
}

static void check_optimum(trial *t)
{
    if (!minimises(t->solver)) return;
    inference_result r = trial_run(t);
    check_result(t, &r);
    double zero = energy_at_zero(t), least = trial_least_energy(t);
    if (r.gap > 1e-4 || r.energy - least > 1e-4 * zero || r.energy - least < -2e-6 * zero)
        fail_msg("%s, %s: energy %.8g, least %.8g, gap %.3g after %d iterations", t->solver->name,
                 t->kind.name, r.energy, least, r.gap, r.iterations);
    assert_true(r.iterations > 0 && r.nonzeros > 0 && r.nonzeros < t->codes / 2);
}

static void every_solver_reaches_the_least_energy_within_its_gap(void **state)
{
    (void)state;
    for_each_solver("{gap: 1.0e-4, iterations: 20000}", check_optimum);
}

static void check_bound(trial *t)
{
    double zero = energy_at_zero(t), least = trial_least_energy(t);
    for (int n = 1; n <= 37; n += 9) {
        char settings[64];
        snprintf(settings, sizeof settings, "{gap: 0, iterations: %d}", n);
        assert_true(trial_use(t, t->solver, settings));
        fill_code(t, n > 10 ? 0.0f : 1.0f);
        inference_result r = trial_run(t);
        check_result(t, &r);
        assert_true(r.gap * zero >= r.energy - least - 2e-6 * zero);
        assert_true(r.gap < 1 + r.energy / zero); // and not an empty bound
    }
}

static void the_gap_bounds_what_is_left_at_any_time(void **state)
{
    (void)state;
    for_each_solver("{}", check_bound);
}

static void check_descent(trial *t)
{
    for (int n = 1; n <= 9; n += 2) {
        char settings[64];
        snprintf(settings, sizeof settings, "{gap: 0, iterations: %d}", n);
        assert_true(trial_use(t, t->solver, settings));
        fill_code(t, 0.3f * (float)n);
        double before = trial_energy_of_code(t);
        inference_result r = trial_run(t);
        assert_true(r.energy <= before + 1e-6 * energy_at_zero(t));
        assert_true(!minimises(t->solver) || r.energy < before);
    }
}

static void the_energy_is_never_above_that_of_the_start(void **state)
{
    (void)state;
    for_each_solver("{}", check_descent);
}

static void check_warm(trial *t)
{
    if (!minimises(t->solver)) return;
    inference_result first = trial_run(t);
    assert_true(trial_use(t, t->solver, "{gap: 1.0e-3}"));
    inference_result second = trial_run(t);
    assert_true(second.iterations <= 2);
    assert_true(second.gap <= 1e-3 && second.energy <= first.energy * (1 + 1e-6));
}

static void the_solution_as_start_takes_no_time(void **state)
{
    (void)state;
    for_each_solver("{gap: 3.0e-4, iterations: 20000}", check_warm);
}

static void check_zeros(trial *t)
{
    if (t->kind.alpha > 0 || !minimises(t->solver)) return;
    double lambda = t->problem.lambda;
    t->problem.lambda = lambda / t->kind.part * 1.0001;
    fill_code(t, 0.1f);
    inference_result r = trial_run(t);
    if (r.gap > 1e-6 || r.nonzeros > 2)
        fail_msg("%s, %s: gap %.3g, %zu left", t->solver->name, t->kind.name, r.gap, r.nonzeros);
    memset(t->code, 0, t->codes * sizeof *t->code);
    r = trial_run(t);
    assert_int_equal(r.nonzeros, 0);
    assert_int_equal(r.iterations, 0);
    t->problem.lambda = lambda / t->kind.part * 0.99;
    r = trial_run(t);
    assert_true(r.nonzeros > 0);
    t->problem.lambda = lambda;
}

static void all_codes_are_zero_from_lambda_max_on(void **state)
{
    (void)state;
    for_each_solver("{gap: 1.0e-6, iterations: 20000}", check_zeros);
}

static void check_bits(trial *t)
{
    float *first = malloc(t->codes * sizeof *first);
    assert_non_null(first);
    fill_code(t, 0.5f);
    inference_result a = trial_run(t);
    memcpy(first, t->code, t->codes * sizeof *first);
    fill_code(t, 0.5f);
    int before = allocation_count();
    inference_result b = trial_run(t);
    assert_int_equal(allocation_count(), before);
    assert_memory_equal(first, t->code, t->codes * sizeof *first);
    assert_true(a.energy == b.energy && a.iterations == b.iterations && a.gap == b.gap);
    free(first);
}

static void equal_input_gives_equal_bits_without_allocation(void **state)
{
    (void)state;
    for_each_solver("{gap: 1.0e-3, iterations: 100}", check_bits);
}

static void check_nothing(trial *t)
{
    float kept[4096];
    size_t count = dictionary_image_floats(&t->kind.g);
    assert_true(count <= 4096);
    memcpy(kept, t->image, count * sizeof(float));
    memset(t->image, 0, count * sizeof(float));
    memset(t->code, 0, t->codes * sizeof *t->code);
    inference_result r = trial_run(t);
    if (!(t->kind.alpha > 0)) {
        assert_int_equal(r.nonzeros, 0);
        assert_true(r.energy == 0 && r.gap == 0);
    }
    t->image[3] = NAN;
    memset(t->code, 0, t->codes * sizeof *t->code);
    r = trial_run(t);
    assert_true(isnan(r.energy) && isnan(r.gap));
    memcpy(t->image, kept, count * sizeof(float));
}

static void an_empty_image_has_the_empty_code_and_NaN_is_told(void **state)
{
    (void)state;
    for_each_solver("{gap: 1.0e-3, iterations: 100}", check_nothing);
}

// FISTA's first iteration is ISTA's, and it needs fewer of them.
static void momentum_saves_iterations(void **state)
{
    (void)state;
    trial t = trial_open(&trial_kinds[0]);
    int iterations[2];
    const char *names[2] = {"ista", "fista"};
    for (int i = 0; i < 2; i++) {
        assert_true(trial_use(&t, solver_find(names[i]), "{gap: 1.0e-4, iterations: 20000}"));
        memset(t.code, 0, t.codes * sizeof *t.code);
        iterations[i] = trial_run(&t).iterations;
    }
    assert_true(iterations[1] * 2 < iterations[0]);
    trial_close(&t);
}

// An L that is too small is found out by the energy.
static void check_wrong_bound(trial *t)
{
    double bound = t->problem.bound;
    for (int n = 0; n < 4; n++) {
        t->problem.bound = bound / (1 << 2 * n);
        fill_code(t, 0.5f);
        double before = trial_energy_of_code(t);
        inference_result r = trial_run(t);
        check_result(t, &r);
        assert_true(r.energy <= before + 1e-6 * energy_at_zero(t));
    }
    t->problem.bound = bound;
}

static void a_wrong_bound_never_raises_the_energy(void **state)
{
    (void)state;
    for_each_solver("{gap: 1.0e-4, iterations: 50}", check_wrong_bound);
}

static void the_largest_gradient_is_found_in_any_place(void **state)
{
    (void)state;
    trial t = trial_open(&trial_kinds[0]);
    for (size_t i = 0; i < t.codes; i++) {
        memset(t.code, 0, t.codes * sizeof *t.code);
        t.code[i] = -2;
        t.problem.non_negative = false;
        assert_true(objective_largest(&t.problem, t.code) == 2);
        t.problem.non_negative = true;
        assert_true(objective_largest(&t.problem, t.code) == 0);
        t.code[i] = 3;
        assert_true(objective_largest(&t.problem, t.code) == 3);
    }
    trial_close(&t);
}

static const struct {
    const char *penalty, *settings;
    double lambda; // times that of L1
    size_t most;   // codes that may differ from 0
} others[] = {
    {"l0", "{}", 0.2, 200},
    {"top_k", "{k: 9}", 1, 9},
    {"top_k", "{k: 1, scope: position}", 1, 42},
    {"inhibition", "{strength: 2}", 1, 200},
};

static double solve_with_other(size_t other, const char *solver, const trial_kind *kind)
{
    static const config_field none[] = {{0}};
    trial t = trial_open(kind);
    _Alignas(double) char settings[1024];
    config *c;
    t.problem.penalty = penalty_find(others[other].penalty);
    t.problem.lambda *= others[other].lambda;
    const config_field *fields = t.problem.penalty->fields;
    assert_ok(config_parse(&c, others[other].settings, "penalty", 0, NULL));
    assert_ok(
        config_read(c, "", (const config_part[]){{fields == NULL ? none : fields, settings}, {0}}));
    config_destroy(c);
    t.problem.penalty_settings = settings;
    assert_true(trial_use(&t, solver_find(solver), "{gap: 1.0e-6, iterations: 5000}"));
    inference_result r = trial_run(&t);
    double penalty = t.problem.penalty->value(settings, &kind->g, t.code);
    if (r.nonzeros == 0 || r.nonzeros > others[other].most)
        fail_msg("%s, %s: %zu codes are left", solver, others[other].penalty, r.nonzeros);
    assert_true(isnan(r.gap));
    assert_true(r.energy < energy_at_zero(&t) && r.iterations < 5000);
    assert_true(fabs(r.energy - r.reconstruction - t.problem.lambda * penalty) <= 1e-9 * r.energy);
    // one more round changes nothing that matters
    double energy = r.energy;
    r = trial_run(&t);
    assert_true(r.energy <= energy * (1 + 1e-6) && r.energy >= energy * (1 - 1e-4));
    trial_close(&t);
    return r.energy;
}

static void proximal_gradient_takes_any_penalty(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        for (int kind = 0; kind < 2; kind++) {
            double plain = solve_with_other(i, "ista", &trial_kinds[kind]);
            double fast = solve_with_other(i, "fista", &trial_kinds[kind]);
            bool convex = strcmp(others[i].penalty, "inhibition") == 0;
            assert_true(!convex || fabs(plain / fast - 1) < 1e-3);
        }
}

static void what_a_solver_cannot_do_is_refused_with_a_way_out(void **state)
{
    (void)state;
    const inference l0 = {.penalty = penalty_find("l0")};
    const solver_type *solver = solver_find("working_set");
    assert_fails(solver->check(NULL, &l0), ST_CONFIG, "use the solver fista");
    solver = solver_find("coordinate_descent");
    assert_fails(solver->check(NULL, &l0), ST_CONFIG, "use the solver fista");
    float mask = 1;
    const inference masked = {.penalty = penalty_find("l1"), .mask = &mask};
    assert_fails(solver->check(NULL, &masked), ST_CONFIG, "use the solver working_set");
    assert_null(solver_find("no such solver"));
    assert_null(penalty_find("no such penalty"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_solver_reaches_the_least_energy_within_its_gap),
        cmocka_unit_test(the_gap_bounds_what_is_left_at_any_time),
        cmocka_unit_test(the_energy_is_never_above_that_of_the_start),
        cmocka_unit_test(the_solution_as_start_takes_no_time),
        cmocka_unit_test(all_codes_are_zero_from_lambda_max_on),
        cmocka_unit_test(equal_input_gives_equal_bits_without_allocation),
        cmocka_unit_test(an_empty_image_has_the_empty_code_and_NaN_is_told),
        cmocka_unit_test(momentum_saves_iterations),
        cmocka_unit_test(a_wrong_bound_never_raises_the_energy),
        cmocka_unit_test(the_largest_gradient_is_found_in_any_place),
        cmocka_unit_test(proximal_gradient_takes_any_penalty),
        cmocka_unit_test(what_a_solver_cannot_do_is_refused_with_a_way_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
