// tests/trainer/test_lbfgs.c -- minima that are known beforehand.
#include "base/lbfgs.h"

#include "tests/check.h"

#include <math.h>

#define COUNT 40

// sum over i of 100 (x[2i+1] - x[2i]^2)^2 + (1 - x[2i])^2: a bent valley, minimum 0 at all ones.
static double rosenbrock(void *state, const double *x, double *gradient)
{
    double value = 0;
    ++*(int *)state;
    for (int i = 0; i < COUNT; i += 2) {
        double off = x[i + 1] - x[i] * x[i], short_of = 1 - x[i];
        value += 100 * off * off + short_of * short_of;
        gradient[i] = -400 * x[i] * off - 2 * short_of;
        gradient[i + 1] = 200 * off;
    }
    return value;
}

// sum over i of (i + 1)^2 (x[i] - i)^2 / 2, curvatures from 1 to 1600; minimum 0 at x[i] = i.
static double quadratic(void *state, const double *x, double *gradient)
{
    double value = 0;
    ++*(int *)state;
    for (int i = 0; i < COUNT; i++) {
        double curvature = pow(i + 1, 2), off = x[i] - i;
        value += curvature * off * off / 2;
        gradient[i] = curvature * off;
    }
    return value;
}

static double flat(void *state, const double *x, double *gradient)
{
    (void)x;
    ++*(int *)state;
    memset(gradient, 0, COUNT * sizeof *gradient);
    return 3;
}

// Falls for ever: no step length meets the curvature condition.
static double slope(void *state, const double *x, double *gradient)
{
    ++*(int *)state;
    memset(gradient, 0, COUNT * sizeof *gradient);
    gradient[0] = 1;
    return x[0];
}

static lbfgs_problem problem(double (*evaluate)(void *, const double *, double *), int *calls)
{
    return (lbfgs_problem){COUNT, evaluate, calls, 500, 1e-8};
}

static lbfgs_result minimise(const lbfgs_problem *p, double *x)
{
    double *room = test_calloc(lbfgs_room(p->count), sizeof *room);
    lbfgs_result result = lbfgs_minimise(p, x, room);
    test_free(room);
    return result;
}

static void the_bent_valley_is_followed_to_its_end(void **state)
{
    (void)state;
    double x[COUNT];
    for (int i = 0; i < COUNT; i += 2) {
        x[i] = -1.2;
        x[i + 1] = 1;
    }
    int calls = 0;
    lbfgs_problem p = problem(rosenbrock, &calls);
    lbfgs_result result = minimise(&p, x);
    assert_true(result.converged);
    assert_true(result.value < 1e-15);
    for (int i = 0; i < COUNT; i++)
        assert_true(fabs(x[i] - 1) < 1e-7);
    assert_int_equal(calls, result.evaluations);
    assert_true(result.iterations < 100);
}

static void a_stretched_bowl_ends_at_its_bottom(void **state)
{
    (void)state;
    double x[COUNT] = {0};
    int calls = 0;
    lbfgs_problem p = problem(quadratic, &calls);
    lbfgs_result result = minimise(&p, x);
    assert_true(result.converged);
    for (int i = 0; i < COUNT; i++)
        assert_true(fabs(x[i] - i) < 1e-7);
}

static void a_start_at_the_minimum_costs_one_evaluation(void **state)
{
    (void)state;
    double x[COUNT] = {7};
    int calls = 0;
    lbfgs_problem p = problem(flat, &calls);
    lbfgs_result result = minimise(&p, x);
    assert_true(result.converged);
    assert_int_equal(calls, 1);
    assert_true(x[0] == 7 && result.value == 3);
}

static void a_limit_of_iterations_stops_and_says_so(void **state)
{
    (void)state;
    double x[COUNT] = {0};
    int calls = 0;
    lbfgs_problem p = problem(quadratic, &calls);
    p.max_iterations = 3;
    lbfgs_result result = minimise(&p, x);
    assert_false(result.converged);
    assert_int_equal(result.iterations, 3);
}

static void a_function_without_minimum_ends_too(void **state)
{
    (void)state;
    double x[COUNT] = {0};
    int calls = 0;
    lbfgs_problem p = problem(slope, &calls);
    lbfgs_result result = minimise(&p, x);
    assert_false(result.converged);
    assert_true(calls < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bent_valley_is_followed_to_its_end),
        cmocka_unit_test(a_stretched_bowl_ends_at_its_bottom),
        cmocka_unit_test(a_start_at_the_minimum_costs_one_evaluation),
        cmocka_unit_test(a_limit_of_iterations_stops_and_says_so),
        cmocka_unit_test(a_function_without_minimum_ends_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
