// models/codes/solvers/proximal.c -- ISTA and FISTA. D v is had from D z by the same extrapolation,
// so that an iteration costs one D' and one D of a sparse code, and the energy of z is always
// known.
#include "models/codes/solvers/proximal.h"

#include "models/kernels/lanes.h"
#include "models/codes/solvers/objective.h"
#include "models/codes/solvers/scratch.h"

#include <math.h>
#include <string.h>

const config_field proximal_fields[] = {
    {"iterations", FIELD_INT, offsetof(proximal_config, iterations), "1000", 1, 1e9, NULL,
     "at most so many"},
    {"gap", FIELD_REAL, offsetof(proximal_config, gap), "1e-3", 0, 1, NULL,
     "stop at this duality gap / energy of the code 0; 0: after all iterations"},
    {0}};

#define PATIENCE 10 // iterations that are looked at together where there is no duality gap

#define ROUNDING 1e-7 // of E(0), by which sums of floats may be wrong

typedef struct descent {
    const inference *problem;
    size_t codes, pixels; // floats of a code and an image array
    float *z, *next, *v;
    float *dz, *dnext, *dv; // D z, D next; D v, then its residual
    float *gradient;        // minus the gradient at v
    active_code *list;
    double energy, reconstruction; // of z
    double lowest, rounding;       // energy so far; what counts as no rise
    double dual;                   // best so far
    double t;                      // FISTA's
    bool plain;                    // v == z
} descent;

size_t proximal_scratch_bytes(const void *settings, const dictionary_geometry *g)
{
    (void)settings;
    size_t codes = dictionary_code_floats(g);
    return (3 * codes + 3 * dictionary_image_floats(g)) * sizeof(float) +
           codes * sizeof(active_code);
}

// image = D code, by the list of non-zeros where they are few.
static void synthesise(descent *d, const float *code, float *image)
{
    const inference *p = d->problem;
    size_t count = dictionary_list_nonzero(&p->geometry, code, d->list);
    if (count < d->codes / 4)
        dictionary_synthesise_active(&p->geometry, p->packed, code, d->list, count, image);
    else
        dictionary_synthesise(&p->geometry, p->packed, code, image);
}

// E of `code`, given image = D code, which becomes the residual.
static double energy_of(const inference *p, const float *code, float *image, double *reconstruction)
{
    *reconstruction = objective_residual(p, image);
    return *reconstruction + objective_prediction(p, code) +
           p->lambda * p->penalty->value(p->penalty_settings, &p->geometry, code);
}

static void open_descent(descent *d, const inference *p, float *code, float *scratch)
{
    size_t codes = dictionary_code_floats(&p->geometry);
    size_t pixels = dictionary_image_floats(&p->geometry);
    *d = (descent){.problem = p, .codes = codes, .pixels = pixels, .z = code, .dual = -HUGE_VAL};
    d->next = scratch_take(&scratch, codes);
    d->v = scratch_take(&scratch, codes);
    d->gradient = scratch_take(&scratch, codes);
    d->dz = scratch_take(&scratch, pixels);
    d->dnext = scratch_take(&scratch, pixels);
    d->dv = scratch_take(&scratch, pixels);
    d->list = (active_code *)(void *)scratch;
    for (size_t i = 0; p->non_negative && i < codes; i++)
        code[i] = code[i] > 0 ? code[i] : 0.0f;
    synthesise(d, code, d->dz);
    memcpy(d->dv, d->dz, pixels * sizeof(float));
    d->energy = d->lowest = energy_of(p, code, d->dv, &d->reconstruction);
    d->rounding = ROUNDING * objective_at_zero(p);
}

// v = z
static void begin_again(descent *d)
{
    memcpy(d->v, d->z, d->codes * sizeof(float));
    memcpy(d->dv, d->dz, d->pixels * sizeof(float));
    d->t = 1;
    d->plain = true;
}

// The residual and gradient at v, and the dual point they make.
static void look_around(descent *d)
{
    const inference *p = d->problem;
    double reconstruction = objective_residual(p, d->dv);
    dictionary_analyse(&p->geometry, p->packed, d->dv, d->gradient);
    objective_add_pull(p, d->v, d->gradient);
    if (!p->penalty->is_l1) return;
    dual_source from = objective_source(p, d->v, d->dv, reconstruction, d->gradient);
    d->dual = fmax(d->dual, objective_dual(p, &from));
}

// <v - next, next - z> > 0: the momentum points uphill.
static bool turns_back(const descent *d)
{
    double parts[LANES] = {0}, sum = 0; // in one sum each addition would wait for the last
    for (size_t i = 0; i < d->codes; i += LANES)
        for (size_t v = i; v < i + LANES; v++)
            parts[v - i] += (double)((d->v[v] - d->next[v]) * (d->next[v] - d->z[v]));
    for (size_t v = 0; v < LANES; v++)
        sum += parts[v];
    return sum > 0;
}

static void extrapolate(float *to, const float *next, const float *last, size_t count, float share)
{
    for (size_t i = 0; i < count; i++)
        to[i] = next[i] + share * (next[i] - last[i]);
}

static void swap(float **a, float **b)
{
    float *kept = *a;
    *a = *b;
    *b = kept;
}

// From v to the next z and v. False: not even a plain step lowers the energy.
static bool step(descent *d, bool accelerated)
{
    const inference *p = d->problem;
    double length = 1 / (p->bound + 2 * p->alpha);
    float by = (float)length;
    for (size_t i = 0; i < d->codes; i++)
        d->next[i] = d->v[i] + by * d->gradient[i];
    p->penalty->prox(p->penalty_settings, &p->geometry, p->lambda * length, p->non_negative,
                     d->next);
    synthesise(d, d->next, d->dnext);
    memcpy(d->dv, d->dnext, d->pixels * sizeof(float));
    double reconstruction, energy = energy_of(p, d->next, d->dv, &reconstruction);
    if (!(energy <= d->lowest + d->rounding)) {
        bool more = !d->plain;
        begin_again(d);
        return more;
    }
    d->energy = energy;
    d->lowest = fmin(energy, d->lowest);
    d->reconstruction = reconstruction;
    bool onward = accelerated && !turns_back(d);
    double t = (1 + sqrt(1 + 4 * d->t * d->t)) / 2;
    float share = (float)((d->t - 1) / t);
    if (onward) {
        extrapolate(d->v, d->next, d->z, d->codes, share);
        extrapolate(d->dv, d->dnext, d->dz, d->pixels, share);
        d->t = t;
        d->plain = share == 0.0f;
    }
    swap(&d->z, &d->next);
    swap(&d->dz, &d->dnext);
    if (!onward) begin_again(d);
    return true;
}

void proximal_solve(const proximal_config *c, bool accelerated, const inference *p, float *code,
                    void *scratch, inference_result *result)
{
    descent d;
    open_descent(&d, p, code, scratch);
    begin_again(&d);
    double zero = objective_at_zero(p), mark = d.energy;
    bool is_l1 = p->penalty->is_l1;
    int done = 0;
    for (; done < c->iterations; done++) {
        look_around(&d);
        if (is_l1 && c->gap > 0 && d.energy - d.dual <= c->gap * zero) break;
        if (!step(&d, accelerated)) break;
        if (!is_l1 && c->gap > 0 && (done + 1) % PATIENCE == 0) {
            if (mark - d.energy < c->gap * zero / 10) break;
            mark = d.energy;
        }
    }
    if (d.z != code) memcpy(code, d.z, d.codes * sizeof(float));
    *result = (inference_result){.iterations = done,
                                 .energy = d.energy,
                                 .reconstruction = d.reconstruction,
                                 .gap = objective_relative_gap(p, d.energy, d.dual),
                                 .nonzeros = dictionary_list_nonzero(&p->geometry, code, d.list)};
}
