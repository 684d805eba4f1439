// tests/models/op_gradient.c -- see op_gradient.h.
#include "tests/models/op_gradient.h"

#include "base/rng.h"
#include "tests/check.h"

#include <math.h>
#include <stdlib.h>

// <dout, out> of all workers, in doubles.
static double loss(op_trial *t)
{
    op_run run = trial_run(t);
    trial_forward(t, &run);
    double sum = 0;
    for (size_t i = 0; i < t->all_count; i++)
        sum += (double)t->all_dout[i] * (double)t->all_out[i];
    return sum;
}

// What float32 can lose of a loss: a rounding of each term.
static double loss_noise(const op_trial *t)
{
    double squares = 0;
    for (size_t i = 0; i < t->all_count; i++) {
        double term = (double)t->all_dout[i] * (double)t->all_out[i];
        squares += term * term;
    }
    return 2e-7 * sqrt(squares);
}

// L(x + v) - L(x - v), and with `dx` what the gradient says. x is as before afterwards. False: an
// output leaves or reaches zero between the two (the kink of a ReLU), so they cannot agree.
static bool difference(op_trial *t, float *x, const float *v, size_t count, const float *dx,
                       double *numeric, double *expected)
{
    size_t outs = t->all_count;
    float *centre = copied(x, count), *plus = copied(x, count);
    for (size_t i = 0; i < count; i++)
        plus[i] = x[i] = centre[i] + v[i];
    *numeric = loss(t);
    float *out_plus = copied(t->all_out, outs);
    *expected = 0;
    for (size_t i = 0; i < count; i++) {
        x[i] = centre[i] - v[i];
        *expected += (double)dx[i] * ((double)plus[i] - (double)x[i]);
    }
    *numeric -= loss(t);
    bool smooth = true;
    for (size_t i = 0; i < outs; i++)
        smooth = smooth && (out_plus[i] == 0) == (t->all_out[i] == 0);
    memcpy(x, centre, count * sizeof *x);
    free(centre), free(plus), free(out_plus);
    return smooth;
}

// Four random directions through one tensor.
static void check_directions(op_trial *t, const char *what, float *x, size_t count, const float *dx,
                             float h)
{
    float *v = copied(x, count);
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (double)dx[i] * (double)dx[i];
    int checked = 0;
    for (int trial = 0; trial < 200 && checked < 4; trial++) {
        rng r = rng_open(6, RNG_TEST, 0, (uint64_t)trial, 0);
        for (size_t i = 0; i < count; i++)
            v[i] = rng_range(&r, -h, h);
        double numeric, expected;
        if (!difference(t, x, v, count, dx, &numeric, &expected)) continue;
        double tolerance = 1e-3 * sqrt(squares) * (double)h + loss_noise(t);
        if (!(fabs(numeric - expected) < tolerance))
            fail_msg("%s: gradient of %s in a direction: %g by differences, %g by backward "
                     "(tolerance %g)",
                     t->label, what, numeric, expected, tolerance);
        checked++;
    }
    if (checked == 0) fail_msg("%s: every direction meets a kink", t->label);
    free(v);
}

static void check_coordinates(op_trial *t, const char *what, float *x, size_t count,
                              const float *dx, float h)
{
    float *v = copied(x, count);
    memset(v, 0, count * sizeof *v);
    double most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmax(most, fabs((double)dx[i]));
    size_t checked = 0;
    for (size_t i = 0; i < count; i++) {
        double numeric, expected;
        v[i] = h;
        bool smooth = difference(t, x, v, count, dx, &numeric, &expected);
        v[i] = 0;
        if (!smooth) continue;
        double tolerance = 2e-3 * most * (double)h + loss_noise(t);
        if (!(fabs(numeric - expected) < tolerance))
            fail_msg("%s: gradient of %s at %zu: %g by differences, %g by backward (tolerance %g)",
                     t->label, what, i, numeric, expected, tolerance);
        checked++;
    }
    if (checked < (count + 1) / 2) fail_msg("%s: most coordinates meet a kink", t->label);
    free(v);
}

void assert_gradient(op_trial *t, const char *what, float *x, size_t count, const float *dx,
                     float h)
{
    check_directions(t, what, x, count, dx, h);
    if (t->setting.block == 1) check_coordinates(t, what, x, count, dx, h);
}
