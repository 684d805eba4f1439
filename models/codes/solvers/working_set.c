// models/codes/solvers/working_set.c -- L1 only: coordinate descent on the few codes that matter.
//
//   repeat: D' r of all codes ─> duality gap ─> small enough: done
//           list = the codes that are not 0, and those whose gradient is largest
//           passes of coordinate descent over the list, until the gap of the list alone is a part
//           of the gap of all
//
// Between two dense D' all work is that of the list. A code moves by its own curvature |d|^2, not
// by the bound of all of D as in FISTA, and each move is seen by the next code at once: a fifth of
// FISTA's iterations, each a fraction of its price.
//   source: Massias, Gramfort, Salmon 2018 (Celer), algorithm 4; coordinate descent by residuals:
//   Friedman, Hastie, Tibshirani 2010, sec. 2.1
#include "models/kernels/dictionary/dictionary_descent.h"
#include "models/codes/solvers/objective.h"
#include "models/codes/solvers/scratch.h"

#include <math.h>
#include <string.h>

typedef struct working_set_config {
    int64_t iterations;
    double gap;
} working_set_config;

static const config_field fields[] = {
    {"iterations", FIELD_INT, offsetof(working_set_config, iterations), "1000", 1, 1e9, NULL,
     "at most so many passes of coordinate descent"},
    {"gap", FIELD_REAL, offsetof(working_set_config, gap), "1e-3", 0, 1, NULL,
     "stop at this duality gap / energy of the code 0; 0: after all passes"},
    {0}};

// Measured on Gaussian images, 64 random atoms 9 x 9 x 3, gaps of 4e-2 to 1e-3 (see bench_solver).
#define GROWTH       2.0   // a list has at most so many times the non-zeros,
#define FIRST        0.05  // or this part of all codes where that is more
#define ALMOST       0.95f // a code at 0 enters at this part of lambda: the next passes may need it
#define PART_OF_GAP  0.5   // of the gap of all codes, where work on a list ends;
#define PART_OF_GOAL 1.2   // at the latest at this part of the gap wanted: a pass overestimates
#define BINS         256   // of the histogram of gradients

typedef struct search {
    const inference *problem;
    float *code, *gradient; // of all codes
    float *residual;
    float *mask_square, *inverse_square; // m^2 and 1 / m^2, 0 where m = 0; NULL without a mask
    active_code *list;
    size_t count;
    float *z, *curvature, *prediction; // by place in the list; the last NULL without alpha
    double energy, reconstruction, dual;
    double largest; // of the gradient
    size_t nonzeros;
} search;

static status check(const void *settings, const inference *p)
{
    (void)settings;
    CHECK(p->penalty->is_l1, ST_CONFIG,
          "solver working_set: is for the penalty l1 only, and the penalty is %s; use the solver "
          "fista",
          p->penalty->name);
    return ST_OK;
}

static size_t scratch_bytes(const void *settings, const dictionary_geometry *g)
{
    (void)settings;
    size_t codes = dictionary_code_floats(g);
    return (4 * codes + 3 * dictionary_image_floats(g)) * sizeof(float) +
           codes * sizeof(active_code);
}

static void open_search(search *s, const inference *p, float *code, float *scratch)
{
    size_t codes = dictionary_code_floats(&p->geometry);
    size_t pixels = dictionary_image_floats(&p->geometry);
    *s = (search){.problem = p, .code = code, .dual = -HUGE_VAL};
    s->gradient = scratch_take(&scratch, codes);
    s->z = scratch_take(&scratch, codes);
    s->curvature = scratch_take(&scratch, codes);
    s->prediction = p->alpha > 0 ? scratch_take(&scratch, codes) : NULL;
    s->residual = scratch_take(&scratch, pixels);
    s->mask_square = p->mask == NULL ? NULL : scratch_take(&scratch, pixels);
    s->inverse_square = p->mask == NULL ? NULL : scratch_take(&scratch, pixels);
    s->list = (active_code *)(void *)scratch;
    memset(s->residual, 0, pixels * sizeof(float));
    for (size_t i = 0; p->mask != NULL && i < pixels; i++) {
        bool inside = i < objective_pixels(p);
        s->mask_square[i] = inside ? p->mask[i] * p->mask[i] : 0.0f;
        s->inverse_square[i] = s->mask_square[i] > 0 ? 1 / s->mask_square[i] : 0.0f;
    }
    for (size_t i = 0; p->non_negative && i < codes; i++)
        code[i] = code[i] > 0 ? code[i] : 0.0f;
}

// Residual, energy, gradient of all codes and a dual point, from the codes as they stand.
static void look_around(search *s)
{
    const inference *p = s->problem;
    s->nonzeros = dictionary_list_nonzero(&p->geometry, s->code, s->list);
    dictionary_synthesise_active(&p->geometry, p->packed, s->code, s->list, s->nonzeros,
                                 s->residual);
    s->reconstruction = objective_residual(p, s->residual);
    if (s->nonzeros == 0 && p->matches != NULL)
        memcpy(s->gradient, p->matches, dictionary_code_floats(&p->geometry) * sizeof(float));
    else
        dictionary_analyse(&p->geometry, p->packed, s->residual, s->gradient);
    objective_add_pull(p, s->code, s->gradient);
    double size = 0;
    for (size_t i = 0; i < s->nonzeros; i++)
        size += fabs((double)s->code[s->list[i].at]);
    s->energy = s->reconstruction + objective_prediction(p, s->code) + p->lambda * size;
    dual_source from = objective_source(p, s->code, s->residual, s->reconstruction, s->gradient);
    s->largest = from.largest;
    s->dual = fmax(s->dual, objective_dual(p, &from));
}

static float gradient_size(const search *s, size_t at)
{
    return s->problem->non_negative ? s->gradient[at] : fabsf(s->gradient[at]);
}

// What the gradient of a code at 0 must exceed to enter the list, so that `room` of them do, or a
// bin of the histogram.
static float entry_threshold(const search *s, size_t room)
{
    size_t codes = dictionary_code_floats(&s->problem->geometry), in_bin[BINS] = {0};
    float low = ALMOST * (float)s->problem->lambda, high = (float)s->largest;
    if (!(high > low)) return low;
    float scale = (float)BINS / (high - low);
    for (size_t i = 0; i < codes; i++) {
        float over = gradient_size(s, i) - low;
        if (over > 0 && s->code[i] == 0) {
            int bin = (int)(over * scale);
            in_bin[bin < BINS ? bin : BINS - 1]++;
        }
    }
    int bin = BINS - 1;
    size_t taken = in_bin[bin];
    while (bin > 0 && taken + in_bin[bin - 1] <= room)
        taken += in_bin[--bin];
    return low + (float)bin / scale;
}

// The list in the order of the array, that is, of positions.
static void make_list(search *s)
{
    const inference *p = s->problem;
    const dictionary_geometry *g = &p->geometry;
    size_t positions = dictionary_positions(g), lanes = (size_t)dictionary_lanes(g);
    double most = fmax(GROWTH * (double)s->nonzeros, FIRST * (double)(positions * lanes));
    float threshold = entry_threshold(s, (size_t)most - s->nonzeros);
    size_t width = (size_t)g->width - (size_t)g->kernel + 1;
    s->count = 0;
    for (size_t q = 0; q < positions; q++) {
        size_t corner = (q / width * (size_t)g->width + q % width) * (size_t)g->channels;
        for (size_t a = 0; a < (size_t)g->atoms; a++) {
            size_t at = q * lanes + a;
            if (s->code[at] == 0 && !(gradient_size(s, at) > threshold)) continue;
            s->list[s->count] = (active_code){(int32_t)at, (int32_t)corner, (int32_t)a};
            s->z[s->count] = s->code[at];
            if (s->prediction != NULL) s->prediction[s->count] = p->prediction[at];
            s->count++;
        }
    }
}

// The duality gap as if there were no codes but those of the list, `largest` being theirs. The
// terms of other codes' predictions would be the same in both energies.
static double gap_of_list(const search *s, float largest)
{
    const inference *p = s->problem;
    dual_source from = {.inner = objective_inner(p, s->residual), .largest = (double)largest};
    for (size_t i = 0; i < objective_pixels(p); i++) {
        float r = s->residual[i]; // m^2 (y - D z)
        from.size += (double)(s->inverse_square == NULL ? r * r : r * r * s->inverse_square[i]);
    }
    double size = 0, inner = 0, apart = 0;
    for (size_t i = 0; i < s->count; i++)
        size += fabs((double)s->z[i]);
    for (size_t i = 0; s->prediction != NULL && i < s->count; i++) {
        double f = (double)s->prediction[i], d = f - (double)s->z[i];
        inner += f * d;
        apart += d * d;
    }
    from.inner += 2 * p->alpha * inner;
    from.size += 2 * p->alpha * apart;
    return from.size / 2 + p->lambda * size - objective_dual(p, &from);
}

// Passes over the list, at most `most`, until its gap is at most `enough`; returns how many.
static int descend(search *s, double enough, int64_t most)
{
    const inference *p = s->problem;
    descent_problem d = {.list = s->list,
                         .count = s->count,
                         .packed = p->packed,
                         .mask_square = s->mask_square,
                         .curvature = s->curvature,
                         .prediction = s->prediction,
                         .lambda = (float)p->lambda,
                         .alpha = (float)p->alpha,
                         .non_negative = p->non_negative};
    dictionary_curvature(&p->geometry, &d, s->curvature);
    for (size_t i = 0; i < s->count; i++)
        s->curvature[i] += 2 * d.alpha;
    int passes = 0;
    float largest;
    do {
        largest = dictionary_descend(&p->geometry, &d, s->z, s->residual);
        passes++;
    } while (passes < most && gap_of_list(s, largest) > enough);
    for (size_t i = 0; i < s->count; i++)
        s->code[s->list[i].at] = s->z[i];
    return passes;
}

static void solve(const void *settings, const inference *p, float *code, void *scratch,
                  inference_result *result)
{
    const working_set_config *c = settings;
    search s;
    open_search(&s, p, code, scratch);
    look_around(&s);
    double goal = c->gap * objective_at_zero(p);
    int done = 0;
    while (done < c->iterations && s.energy - s.dual > goal) {
        double enough = fmax(PART_OF_GAP * (s.energy - s.dual), PART_OF_GOAL * goal);
        make_list(&s);
        if (s.count == 0) break; // every code is 0 and wants to be; the gap is one of rounding
        done += descend(&s, enough, c->iterations - done);
        look_around(&s);
    }
    *result = (inference_result){.iterations = done,
                                 .energy = s.energy,
                                 .reconstruction = s.reconstruction,
                                 .gap = objective_relative_gap(p, s.energy, s.dual),
                                 .nonzeros = s.nonzeros};
}

const solver_type solver_working_set = {
    .name = "working_set",
    .help = "coordinate descent on the codes that matter; L1 only",
    .fields = fields,
    .config_size = sizeof(working_set_config),
    .check = check,
    .scratch_bytes = scratch_bytes,
    .solve = solve,
};
