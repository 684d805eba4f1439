// tests/models/solver_trial.c -- D and D' as loops in double, and ISTA with them.
#include "tests/models/solver_trial.h"

#include "base/config.h"
#include "base/rng.h"
#include "models/codes/lambda.h"
#include "tests/check.h"

#include <math.h>
#include <stdlib.h>

const trial_kind trial_kinds[] = {
    {"convolution", {7, 2, 3, 9, 8}, false, false, 0, 0.15},
    {"convolution, z >= 0", {7, 2, 3, 9, 8}, false, true, 0, 0.15},
    {"convolution, mask", {7, 2, 3, 9, 8}, true, false, 0, 0.2},
    {"convolution, prediction", {7, 2, 3, 9, 8}, false, false, 0.3, 0.2},
    {"convolution, all", {18, 1, 4, 8, 9}, true, true, 0.2, 0.1},
    {"many atoms", {33, 1, 3, 6, 5}, false, false, 0, 0.3},
    {"one atom", {1, 1, 2, 17, 12}, false, false, 0, 0.1},
    {"long rows", {5, 9, 5, 7, 7}, false, false, 0, 0.2},
    {"patch", {20, 1, 6, 6, 6}, false, false, 0, 0.1},
    {"patch, z >= 0, prediction", {20, 1, 6, 6, 6}, false, true, 0.5, 0.1},
    {NULL, {0, 0, 0, 0, 0}, false, false, 0, 0},
};

static void *take(size_t bytes)
{
    void *x = aligned_alloc(64, (bytes + 63) / 64 * 64 + 64);
    assert_non_null(x);
    memset(x, 0, bytes);
    return x;
}

static void fill(float *x, size_t count, uint64_t key)
{
    rng r = rng_open(5, RNG_TEST, 0, key, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&r);
}

static size_t pixels(const dictionary_geometry *g)
{
    return (size_t)g->height * (size_t)g->width * (size_t)g->channels;
}

static void norm_atoms(float *atoms, size_t count, size_t taps)
{
    for (size_t a = 0; a < count; a++) {
        double sum = 0;
        for (size_t i = 0; i < taps; i++)
            sum += (double)atoms[a * taps + i] * (double)atoms[a * taps + i];
        for (size_t i = 0; i < taps; i++)
            atoms[a * taps + i] /= (float)sqrt(sum);
    }
}

// The i-th meeting; false when there are no more.
static bool next_meeting(const dictionary_geometry *g, size_t i, meeting *m)
{
    size_t k = (size_t)g->kernel, channels = (size_t)g->channels, atoms = (size_t)g->atoms;
    size_t width = (size_t)g->width - k + 1;
    size_t v = i % k, u = i / k % k, c = i / k / k % channels, a = i / k / k / channels % atoms;
    size_t q = i / k / k / channels / atoms;
    m->code = q * (size_t)dictionary_lanes(g) + a;
    m->tap = ((a * channels + c) * k + u) * k + v;
    m->pixel = ((q / width + u) * (size_t)g->width + q % width + v) * channels + c;
    return q < dictionary_positions(g);
}

// m^2 (y - D z)
static void residual_of(const trial *t, const double *code, double *residual)
{
    const dictionary_geometry *g = &t->kind.g;
    for (size_t i = 0; i < pixels(g); i++)
        residual[i] = (double)t->image[i];
    const meeting *end = t->meetings + t->meeting_count;
    for (const meeting *m = t->meetings; m < end; m++)
        residual[m->pixel] -= (double)t->atoms[m->tap] * code[m->code];
    for (size_t i = 0; t->kind.masked && i < pixels(g); i++)
        residual[i] *= (double)t->mask[i] * (double)t->mask[i];
}

double trial_energy(const trial *t, const double *code)
{
    double *residual = take(pixels(&t->kind.g) * sizeof(double)), sum = 0;
    residual_of(t, code, residual);
    for (size_t i = 0; i < pixels(&t->kind.g); i++) {
        double weight = t->kind.masked ? (double)t->mask[i] : 1;
        if (weight > 0) sum += residual[i] * residual[i] / (weight * weight) / 2;
    }
    for (size_t i = 0; i < t->codes; i++) {
        sum += t->problem.lambda * fabs(code[i]);
        double apart = code[i] - (double)t->prediction[i];
        sum += t->kind.alpha * apart * apart;
    }
    free(residual);
    return sum;
}

double trial_energy_of_code(const trial *t)
{
    double *code = take(t->codes * sizeof(double));
    for (size_t i = 0; i < t->codes; i++)
        code[i] = (double)t->code[i];
    double energy = trial_energy(t, code);
    free(code);
    return energy;
}

// D' D code, in place
static void stretch(const trial *t, double *code, double *image)
{
    const dictionary_geometry *g = &t->kind.g;
    const meeting *end = t->meetings + t->meeting_count;
    memset(image, 0, pixels(g) * sizeof *image);
    for (const meeting *m = t->meetings; m < end; m++)
        image[m->pixel] += (double)t->atoms[m->tap] * code[m->code];
    memset(code, 0, t->codes * sizeof *code);
    for (const meeting *m = t->meetings; m < end; m++)
        code[m->code] += (double)t->atoms[m->tap] * image[m->pixel];
}

// The largest eigenvalue of D'D by the power method, and a twentieth more.
static double power_bound(const trial *t)
{
    double *image = take(pixels(&t->kind.g) * sizeof(double)), norm = 0;
    double *code = take(t->codes * sizeof(double));
    for (size_t i = 0; i < t->codes; i++)
        code[i] = (double)t->prediction[i] + 0.01;
    for (int n = 0; n < 100; n++) {
        stretch(t, code, image);
        norm = 0;
        for (size_t i = 0; i < t->codes; i++)
            norm += code[i] * code[i];
        norm = sqrt(norm);
        for (size_t i = 0; i < t->codes; i++)
            code[i] /= norm;
    }
    free(image);
    free(code);
    return 1.05 * norm;
}

double trial_least_energy(trial *t)
{
    if (isfinite(t->least)) return t->least;
    const dictionary_geometry *g = &t->kind.g;
    double *residual = take(pixels(g) * sizeof(double)), *pull = take(t->codes * sizeof(double));
    double length = 1 / (t->problem.bound + 2 * t->kind.alpha), last = HUGE_VAL;
    memset(t->z, 0, t->codes * sizeof(double));
    for (int n = 0; n < 20000; n++) {
        residual_of(t, t->z, residual);
        memset(pull, 0, t->codes * sizeof(double));
        const meeting *end = t->meetings + t->meeting_count;
        for (const meeting *m = t->meetings; m < end; m++)
            pull[m->code] += (double)t->atoms[m->tap] * residual[m->pixel];
        for (size_t i = 0; i < t->codes; i++) {
            double u = t->z[i] + length * (pull[i] + 2 * t->kind.alpha *
                                                         ((double)t->prediction[i] - t->z[i]));
            double size = t->kind.non_negative ? u : fabs(u);
            t->z[i] = copysign(fmax(size - length * t->problem.lambda, 0), u);
        }
        if (n % 100 == 0) {
            double energy = trial_energy(t, t->z);
            if (last - energy < 1e-9 * energy) break;
            last = energy;
        }
    }
    free(residual);
    free(pull);
    t->least = trial_energy(t, t->z);
    return t->least;
}

trial trial_open(const trial_kind *kind)
{
    trial t = {.kind = *kind, .least = HUGE_VAL};
    const dictionary_geometry *g = &t.kind.g;
    size_t taps = (size_t)g->channels * (size_t)(g->kernel * g->kernel);
    t.codes = dictionary_code_floats(g);
    t.atoms = take((size_t)g->atoms * taps * sizeof(float));
    t.packed = take(dictionary_packed_floats(g) * sizeof(float));
    t.image = take(dictionary_image_floats(g) * sizeof(float));
    t.mask = take(dictionary_image_floats(g) * sizeof(float));
    t.prediction = take(t.codes * sizeof(float));
    t.code = take(t.codes * sizeof(float));
    t.z = take(t.codes * sizeof(double));
    fill(t.atoms, (size_t)g->atoms * taps, 1);
    fill(t.image, pixels(g), 2);
    norm_atoms(t.atoms, (size_t)g->atoms, taps);
    rng r = rng_open(5, RNG_TEST, 0, 3, 0);
    for (size_t i = 0; i < pixels(g); i++)
        t.mask[i] = i % 5 == 0 ? 0.0f : i % 3 == 0 ? 0.5f : 1.0f;
    for (size_t i = 0; i < t.codes; i++)
        if (i % (size_t)dictionary_lanes(g) < (size_t)g->atoms && rng_below(&r, 6) == 0)
            t.prediction[i] = rng_normal(&r) / 2;
    t.meetings = take((dictionary_positions(g) * (size_t)g->atoms * taps + 1) * sizeof(meeting));
    while (next_meeting(g, t.meeting_count, &t.meetings[t.meeting_count]))
        t.meeting_count++;
    dictionary_pack(g, t.atoms, t.packed);
    t.problem = (inference){.geometry = *g,
                            .packed = t.packed,
                            .image = t.image,
                            .mask = kind->masked ? t.mask : NULL,
                            .prediction = kind->alpha > 0 ? t.prediction : NULL,
                            .alpha = kind->alpha,
                            .penalty = penalty_find("l1"),
                            .non_negative = kind->non_negative};
    void *scratch = take(lambda_scratch_bytes(g));
    t.problem.lambda = kind->part * lambda_max(&t.problem, scratch);
    free(scratch);
    t.problem.bound = power_bound(&t);
    return t;
}

bool trial_use(trial *t, const solver_type *solver, const char *settings)
{
    static const config_field none[] = {{0}};
    config *c;
    free(t->scratch);
    free(t->prepared);
    t->scratch = t->prepared = NULL;
    t->solver = solver;
    assert_true(solver->config_size <= sizeof t->settings);
    assert_ok(config_parse(&c, solver->fields == NULL ? "{}" : settings, "trial", 0, NULL));
    const config_part parts[] = {{solver->fields == NULL ? none : solver->fields, &t->settings},
                                 {0}};
    assert_ok(config_read(c, "", parts));
    config_destroy(c);
    if (solver->check != NULL && solver->check(&t->settings, &t->problem) != ST_OK) {
        status_clear();
        return false;
    }
    const dictionary_geometry *g = &t->kind.g;
    if (solver->prepare != NULL) {
        t->prepared = take(solver->prepared_bytes(&t->settings, g));
        solver->prepare(&t->settings, g, t->atoms, t->prepared);
    }
    t->problem.prepared = t->prepared;
    t->scratch = take(solver->scratch_bytes(&t->settings, g));
    return true;
}

inference_result trial_run(trial *t)
{
    inference_result result;
    memset(t->scratch, 0xff, t->solver->scratch_bytes(&t->settings, &t->kind.g)); // NaN
    t->solver->solve(&t->settings, &t->problem, t->code, t->scratch, &result);
    return result;
}

void trial_close(trial *t)
{
    free(t->atoms);
    free(t->packed);
    free(t->image);
    free(t->mask);
    free(t->prediction);
    free(t->code);
    free(t->scratch);
    free(t->prepared);
    free(t->z);
    free(t->meetings);
}
