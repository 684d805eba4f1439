// models/energies/epps_pulley.c -- how far projections of all samples are from a standard normal.
//   s = z a for each of the M directions a;  phi(t) = mean of exp(i t s) over all N = V n samples
//   E = (K / M views) sum over views, directions of
//       sum_k w_k exp(-t_k^2/2) |phi(t_k) - exp(-t_k^2/2)|^2
//   z (views n, d, 1, 1), the n rows of the first view, then those of the second; a (M, d, 1, 1)
//   Every row of the output (views n, 1, 1, 1) is E, so that their mean is.
//   form lejepa: 17 points on [0, 3], w = 2 dt (dt at the ends), K = N
//   form eb_jepa: 10 points on [-3, 3], w = dt (dt / 2 at the ends), K = 1
//   source: Balestriero & LeCun 2025 (arXiv 2511.08544), SIGReg; EB-JEPA (arXiv 2602.03604)
// Workers bring only the sums of cos(t s) and sin(t s): 2 points M floats a view.
#include "models/graph/op.h"
#include "models/kernels/matmul.h"

#include <math.h>

enum { LEJEPA, EB_JEPA };

typedef struct epps_pulley_config {
    int64_t views;
    int form; // LEJEPA | EB_JEPA
} epps_pulley_config;

static const config_field fields[] = {{"views", FIELD_INT, offsetof(epps_pulley_config, views), "1",
                                       1, 64, NULL, "blocks of rows, each with a test of its own"},
                                      {"form", FIELD_CHOICE, offsetof(epps_pulley_config, form),
                                       "lejepa", 0, 0, "lejepa|eb_jepa",
                                       "points, weights and scale"},
                                      {0}};

// The points of the test: t_k = first + k dt.
typedef struct knots {
    int count;
    double first, dt;
    bool doubled, scaled; // w twice as large; K = N
} knots;

static knots knots_of(const void *settings)
{
    bool lejepa = ((const epps_pulley_config *)settings)->form == LEJEPA;
    return lejepa ? (knots){17, 0, 3.0 / 16, true, true} : (knots){10, -3, 6.0 / 9, false, false};
}

static double point(const knots *k, int i)
{
    return k->first + i * k->dt;
}

static double weight(const knots *k, int i)
{
    double end = i == 0 || i == k->count - 1 ? 0.5 : 1;
    return end * (k->doubled ? 2 : 1) * k->dt * exp(-point(k, i) * point(k, i) / 2);
}

static int views_of(const void *settings)
{
    return (int)((const epps_pulley_config *)settings)->views;
}

// Of one view: (points, M) sums of cosines, then of sines.
static size_t view_sums(const void *settings, const op_plan *p)
{
    return 2 * (size_t)knots_of(settings).count * (size_t)p->in[1].n;
}

// saved (scratch without a backward pass): s (views n, M); then of each view dE/dphi as its sums.
// The rest of scratch: ds (views n, M).
static status plan(const void *settings, op_plan *p)
{
    shape z = p->in[0], a = p->in[1];
    int views = views_of(settings);
    CHECK(z.n % views == 0 && z.h * z.w == 1 && a.c == z.c && a.h * a.w == 1, ST_CONFIG,
          "epps_pulley: expects vectors, rows of %d views, and directions of as many entries, got "
          "%d x %d x %d x %d and %d x %d x %d x %d",
          views, z.n, z.c, z.h, z.w, a.n, a.c, a.h, a.w);
    size_t sums = (size_t)views * view_sums(settings, p), s = (size_t)z.n * (size_t)a.n;
    p->out = (shape){z.n, 1, 1, 1};
    p->out_block = 1;
    p->backward_reads_input[0] = p->backward_reads_input[1] = true;
    p->forward_meeting = (op_meeting){.floats = sums};
    p->backward_meeting = (op_meeting){.floats = 1};
    p->scratch_bytes = s * sizeof(float);
    p->saved_bytes = p->backward ? (s + sums) * sizeof(float) : 0;
    return ST_OK;
}

// cos and sin of t_k s for all points of one projection, by turning the last pair by dt s.
// add: sums of one view, `step` floats from one point to the next, the sines behind the cosines.
static void add_waves(const knots *k, float s, float *add, size_t step)
{
    float c = cosf((float)k->first * s), si = sinf((float)k->first * s);
    float turn_c = cosf((float)k->dt * s), turn_s = sinf((float)k->dt * s);
    size_t sines = (size_t)k->count * step;
    for (size_t i = 0; i < (size_t)k->count; i++) {
        add[i * step] += c;
        add[sines + i * step] += si;
        float next = c * turn_c - si * turn_s;
        si = si * turn_c + c * turn_s;
        c = next;
    }
}

static void forward_part(const void *settings, const op_plan *p, const op_run *run)
{
    knots k = knots_of(settings);
    size_t m = (size_t)p->in[1].n, n = (size_t)(p->in[0].n / views_of(settings));
    size_t sums = view_sums(settings, p);
    float *s = p->backward ? run->saved : run->scratch;
    matmul(false, true, p->in[0].n, p->in[1].n, p->in[0].c, 1.0f, run->in[0], run->in[1], 0.0f, s);
    for (size_t i = 0; i < p->forward_meeting.floats; i++)
        run->part[i] = 0;
    for (size_t row = 0; row < (size_t)p->in[0].n; row++)
        for (size_t j = 0; j < m; j++)
            add_waves(&k, s[row * m + j], run->part + row / n * sums + j, m);
}

// One view's share of E; gradient: dE / d(sum of cosines or sines), laid out as the sums, or NULL.
static double measure(const knots *k, size_t m, double samples, double factor, const float *sums,
                      float *gradient)
{
    double energy = 0;
    size_t sines = (size_t)k->count * m;
    for (int i = 0; i < k->count; i++) {
        double w = weight(k, i) * factor, normal = exp(-point(k, i) * point(k, i) / 2);
        for (size_t j = 0; j < m; j++) {
            size_t at = (size_t)i * m + j;
            double re = (double)sums[at] / samples - normal,
                   im = (double)sums[sines + at] / samples;
            energy += w * (re * re + im * im);
            if (gradient == NULL) continue;
            gradient[at] = (float)(2 * w * re / samples);
            gradient[sines + at] = (float)(2 * w * im / samples);
        }
    }
    return energy;
}

static void forward(const void *settings, const op_plan *p, const op_run *run)
{
    knots k = knots_of(settings);
    size_t m = (size_t)p->in[1].n, views = (size_t)views_of(settings);
    size_t sums = view_sums(settings, p);
    double samples = (double)p->in[0].n / (double)views * p->workers, energy = 0;
    double factor = (k.scaled ? samples : 1) / (double)(m * views);
    float *gradient = p->backward ? (float *)run->saved + (size_t)p->in[0].n * m : NULL;
    for (size_t v = 0; v < views; v++)
        energy += measure(&k, m, samples, factor, run->total + v * sums,
                          gradient != NULL ? gradient + v * sums : NULL);
    for (int row = 0; row < p->out.n; row++)
        run->out[row] = (float)energy;
}

static void backward_part(const void *settings, const op_plan *p, const op_run *run)
{
    (void)settings;
    double sum = 0;
    for (int row = 0; row < p->out.n; row++)
        sum += (double)run->dout[row];
    *run->part = (float)sum;
}

// dE/ds of one projection, from the gradient of its view's sums.
static float slope(const knots *k, float s, const float *gradient, size_t step)
{
    float c = cosf((float)k->first * s), si = sinf((float)k->first * s), sum = 0;
    float turn_c = cosf((float)k->dt * s), turn_s = sinf((float)k->dt * s);
    size_t sines = (size_t)k->count * step;
    for (size_t i = 0; i < (size_t)k->count; i++) {
        float t = (float)point(k, (int)i);
        sum += t * (gradient[sines + i * step] * c - gradient[i * step] * si);
        float next = c * turn_c - si * turn_s;
        si = si * turn_c + c * turn_s;
        c = next;
    }
    return sum;
}

static void backward(const void *settings, const op_plan *p, const op_run *run)
{
    knots k = knots_of(settings);
    int rows = p->in[0].n, m = p->in[1].n, d = p->in[0].c;
    size_t n = (size_t)(rows / views_of(settings)), sums = view_sums(settings, p);
    const float *s = run->saved, *gradient = s + (size_t)rows * (size_t)m;
    float *ds = run->scratch;
    for (size_t row = 0; row < (size_t)rows; row++)
        for (size_t j = 0; j < (size_t)m; j++) {
            size_t at = row * (size_t)m + j;
            ds[at] = *run->total * slope(&k, s[at], gradient + row / n * sums + j, (size_t)m);
        }
    if (run->din[0] != NULL)
        matmul(false, false, rows, d, m, 1.0f, ds, run->in[1], 0.0f, run->din[0]);
    if (run->din[1] != NULL)
        matmul(true, false, m, d, rows, 1.0f, ds, run->in[0], 0.0f, run->din[1]);
}

const op_type energy_epps_pulley = {
    .name = "epps_pulley",
    .examples = {"{}", "{form: eb_jepa}", "{views: 2}"},
    .example_in = {{6, 5, 1, 1}, {4, 5, 1, 1}},
    .fields = fields,
    .config_size = sizeof(epps_pulley_config),
    .min_inputs = 2,
    .max_inputs = 2,
    .plan = plan,
    .forward = forward,
    .backward = backward,
    .forward_part = forward_part,
    .backward_part = backward_part,
};
