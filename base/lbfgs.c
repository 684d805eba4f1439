// base/lbfgs.c -- limited-memory BFGS: the curvature seen in the last MEMORY steps shapes the next.
#include "base/lbfgs.h"
#include "base/pulse.h"

#include <math.h>
#include <string.h>

#define MEMORY             10   // pairs of step and change of gradient
#define MAX_TRIALS         40   // step lengths tried in one direction
#define SUFFICIENT_DESCENT 1e-4 // c1 of the Wolfe conditions
#define CURVATURE          0.9  // c2

typedef struct search {
    const lbfgs_problem *problem;
    double *x, *gradient, *trial, *trial_gradient, *direction; // (count) each
    double *steps, *changes;                                   // (MEMORY, count)
    double products[MEMORY];                                   // step . change, positive
    int pair_count, newest;
    double value;
    int evaluations;
} search;

static double dot(const double *a, const double *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(double *a, double scale, const double *b, size_t count)
{
    for (size_t i = 0; i < count; i++)
        a[i] += scale * b[i];
}

static double largest(const double *a, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs(a[i]));
    return most;
}

// direction <- -H gradient, H the inverse curvature that the remembered pairs tell (alg. 7.4).
static void choose_direction(search *s)
{
    size_t n = s->problem->count;
    double *d = s->direction, weight[MEMORY];
    for (size_t i = 0; i < n; i++)
        d[i] = -s->gradient[i];
    for (int back = 0; back < s->pair_count; back++) {
        int pair = (s->newest - back + MEMORY) % MEMORY;
        weight[pair] = dot(s->steps + (size_t)pair * n, d, n) / s->products[pair];
        add_scaled(d, -weight[pair], s->changes + (size_t)pair * n, n);
    }
    // Without a pair yet: a first step of length at most 1.
    double scale = 1 / fmax(1, sqrt(dot(d, d, n)));
    if (s->pair_count > 0) {
        const double *change = s->changes + (size_t)s->newest * n;
        scale = s->products[s->newest] / dot(change, change, n); // eq. 7.20
    }
    for (size_t i = 0; i < n; i++)
        d[i] *= scale;
    for (int back = s->pair_count - 1; back >= 0; back--) {
        int pair = (s->newest - back + MEMORY) % MEMORY;
        double now = dot(s->changes + (size_t)pair * n, d, n) / s->products[pair];
        add_scaled(d, weight[pair] - now, s->steps + (size_t)pair * n, n);
    }
}

// Leaves the point found in trial and trial_gradient, its value in *value. False: none is better.
static bool search_line(search *s, double *value)
{
    size_t n = s->problem->count;
    double slope = dot(s->gradient, s->direction, n);
    double low = 0, high = HUGE_VAL, length = 1;
    if (!(slope < 0)) return false;
    for (int t = 0; t < MAX_TRIALS; t++) {
        memcpy(s->trial, s->x, n * sizeof *s->x);
        add_scaled(s->trial, length, s->direction, n);
        *value = s->problem->evaluate(s->problem->state, s->trial, s->trial_gradient);
        s->evaluations++;
        if (!(*value <= s->value + SUFFICIENT_DESCENT * length * slope))
            high = length;
        else if (dot(s->trial_gradient, s->direction, n) < CURVATURE * slope)
            low = length;
        else
            return true;
        length = isfinite(high) ? (low + high) / 2 : 2 * low;
    }
    return false;
}

// Moves to the trial point and remembers the way there.
static void move(search *s, double value)
{
    size_t n = s->problem->count;
    int pair = (s->newest + 1) % MEMORY;
    double *step = s->steps + (size_t)pair * n, *change = s->changes + (size_t)pair * n;
    for (size_t i = 0; i < n; i++) {
        step[i] = s->trial[i] - s->x[i];
        change[i] = s->trial_gradient[i] - s->gradient[i];
    }
    s->products[pair] = dot(step, change, n);
    s->newest = pair;
    if (s->pair_count < MEMORY) s->pair_count++;
    if (!(s->products[pair] > 0)) s->pair_count = 0; // by rounding only: start afresh
    memcpy(s->x, s->trial, n * sizeof *s->x);
    memcpy(s->gradient, s->trial_gradient, n * sizeof *s->gradient);
    s->value = value;
}

size_t lbfgs_room(size_t count)
{
    return (4 + 2 * MEMORY) * count;
}

// NOLINTNEXTLINE(readability-non-const-parameter): room is written through the search
lbfgs_result lbfgs_minimise(const lbfgs_problem *p, double *x, double *room)
{
    size_t n = p->count;
    search s = {.problem = p,
                .x = x,
                .gradient = room,
                .trial = room + n,
                .trial_gradient = room + 2 * n,
                .direction = room + 3 * n,
                .steps = room + 4 * n,
                .changes = room + (4 + MEMORY) * n,
                .newest = MEMORY - 1,
                .evaluations = 1};
    s.value = p->evaluate(p->state, x, s.gradient);
    int iterations = 0;
    while (iterations < p->max_iterations && largest(s.gradient, n) > p->tolerance) {
        double value;
        pulse_tick();
        choose_direction(&s);
        if (!search_line(&s, &value)) break;
        move(&s, value);
        iterations++;
    }
    bool converged = largest(s.gradient, n) <= p->tolerance;
    return (lbfgs_result){s.value, iterations, s.evaluations, converged};
}
