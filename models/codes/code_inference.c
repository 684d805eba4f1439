// models/codes/code_inference.c -- arrays of one problem, filled image by image.
#include "models/codes/code_inference.h"

#include "base/arena.h"
#include "base/pulse.h"
#include "models/kernels/dictionary/dictionary_bound.h"
#include "models/codes/lambda.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct code_inference {
    inference_problem problem;
    code_layout layout;
    double bound;
    arena memory;
    float *packed, *mask; // mask: NULL without a margin
    float *image, *seen;  // y and D z
    float *code, *prediction;
    float *matches; // D' m^2 y, and scratch of lambda_max
    bool matched;   // they are of the image
    void *prepared, *scratch;
};

static inference describe(const code_inference *c, const float *prediction, double lambda)
{
    const inference_problem *p = &c->problem;
    return (inference){
        .geometry = c->layout.geometry,
        .packed = c->packed,
        .image = c->image,
        .mask = c->mask,
        .prediction = prediction,
        .matches = c->matched ? c->matches : NULL,
        .lambda = lambda,
        .alpha = prediction != NULL ? p->alpha : 0,
        .bound = c->bound,
        .prepared = c->prepared,
        .penalty = p->penalty,
        .penalty_settings = p->penalty_settings,
        .non_negative = p->non_negative,
    };
}

static size_t floats(size_t count)
{
    return arena_padded(count * sizeof(float));
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static status take_memory(code_inference *c)
{
    const dictionary_geometry *g = &c->layout.geometry;
    const solver_type *s = c->problem.solver;
    const void *settings = c->problem.solver_settings;
    size_t image = dictionary_image_floats(g), code = dictionary_code_floats(g);
    size_t prepared = s->prepared_bytes != NULL ? s->prepared_bytes(settings, g) : 0;
    size_t scratch = larger(s->scratch_bytes(settings, g), dictionary_bound_scratch(g));
    size_t matches = lambda_scratch_bytes(g);
    TRY(arena_create(&c->memory,
                     floats(dictionary_packed_floats(g)) + 3 * floats(image) + 2 * floats(code) +
                         arena_padded(prepared) + arena_padded(scratch) + arena_padded(matches),
                     "the inference of codes"));
    c->packed = arena_take(&c->memory, dictionary_packed_floats(g) * sizeof(float));
    float *mask = arena_take(&c->memory, image * sizeof(float));
    if (c->layout.margin > 0) {
        code_layout_mask(&c->layout, mask);
        c->mask = mask;
    }
    c->image = arena_take(&c->memory, image * sizeof(float));
    c->seen = arena_take(&c->memory, image * sizeof(float));
    c->code = arena_take(&c->memory, code * sizeof(float));
    c->prediction = arena_take(&c->memory, code * sizeof(float));
    c->prepared = prepared > 0 ? arena_take(&c->memory, prepared) : NULL;
    c->scratch = arena_take(&c->memory, scratch);
    c->matches = arena_take(&c->memory, matches);
    return ST_OK;
}

static status build(code_inference *c)
{
    TRY(take_memory(c));
    inference trial = describe(c, c->problem.alpha > 0 ? c->prediction : NULL, 1);
    const solver_type *s = c->problem.solver;
    return s->check != NULL ? s->check(c->problem.solver_settings, &trial) : ST_OK;
}

status code_inference_create(code_inference **made, const inference_problem *p,
                             const code_layout *l)
{
    code_inference *c = calloc(1, sizeof *c);
    CHECK(c != NULL, ST_INTERNAL, "no memory for the inference of codes");
    c->problem = *p;
    c->layout = *l;
    status s = build(c);
    if (s != ST_OK) {
        code_inference_destroy(c);
        return s;
    }
    *made = c;
    return ST_OK;
}

void code_inference_destroy(code_inference *c)
{
    if (c == NULL) return;
    arena_destroy(&c->memory);
    free(c);
}

status code_inference_set_atoms(code_inference *c, const float *atoms)
{
    const dictionary_geometry *g = &c->layout.geometry;
    c->matched = false;
    TRY(dictionary_bound_in(g, atoms, c->scratch, &c->bound));
    dictionary_pack(g, atoms, c->packed);
    const solver_type *s = c->problem.solver;
    if (s->prepare != NULL) s->prepare(c->problem.solver_settings, g, atoms, c->prepared);
    return ST_OK;
}

double code_inference_bound(const code_inference *c)
{
    return c->bound;
}

double code_inference_energy_of_zero(const code_inference *c, const float *image)
{
    double sum = 0;
    for (size_t i = 0; i < code_layout_pixels(&c->layout); i++)
        sum += (double)image[i] * (double)image[i];
    return sum / 2;
}

static void hold_image(code_inference *c, const float *planes)
{
    code_layout_pack_image(&c->layout, planes, c->image);
    c->matched = false;
}

status code_inference_look(code_inference *c, const float *image)
{
    CHECK(isfinite(code_inference_energy_of_zero(c, image)), ST_BAD_DATA,
          "an image holds a pixel that is not a finite number; mend or leave out that image");
    hold_image(c, image);
    return ST_OK;
}

double code_inference_lambda_max(code_inference *c)
{
    inference task = describe(c, NULL, 0);
    c->matched = true;
    return lambda_max(&task, c->matches);
}

void code_inference_solve(code_inference *c, const float *prediction, double lambda, float *codes,
                          inference_result *result)
{
    pulse_tick();
    code_layout_pack_code(&c->layout, codes, c->code);
    if (prediction != NULL) code_layout_pack_code(&c->layout, prediction, c->prediction);
    inference task = describe(c, prediction != NULL ? c->prediction : NULL, lambda);
    c->problem.solver->solve(c->problem.solver_settings, &task, c->code, c->scratch, result);
    code_layout_unpack_code(&c->layout, c->code, codes);
}

void code_inference_synthesise(code_inference *c, const float *codes, float *image)
{
    code_layout_pack_code(&c->layout, codes, c->code);
    dictionary_synthesise(&c->layout.geometry, c->packed, c->code, c->seen);
    code_layout_unpack_image(&c->layout, c->seen, image);
}

// c->seen = m (y - D z), and c->code = z
static void compute_residual(code_inference *c, const float *image, const float *codes)
{
    const dictionary_geometry *g = &c->layout.geometry;
    hold_image(c, image);
    code_layout_pack_code(&c->layout, codes, c->code);
    dictionary_synthesise(g, c->packed, c->code, c->seen);
    for (size_t i = 0; i < dictionary_image_floats(g); i++)
        c->seen[i] = c->image[i] - c->seen[i];
    code_layout_clear_margin(&c->layout, c->seen);
}

double code_inference_energy(code_inference *c, const float *image, double lambda,
                             const float *codes)
{
    compute_residual(c, image, codes);
    const dictionary_geometry *g = &c->layout.geometry;
    size_t pixels = (size_t)g->height * (size_t)g->width * (size_t)g->channels;
    double sum = 0;
    for (size_t i = 0; i < pixels; i++)
        sum += (double)c->seen[i] * (double)c->seen[i];
    return sum / 2 + lambda * c->problem.penalty->value(c->problem.penalty_settings, g, c->code);
}

void code_inference_residual(code_inference *c, const float *image, const float *codes,
                             float *residual)
{
    compute_residual(c, image, codes);
    code_layout_unpack_image(&c->layout, c->seen, residual);
}
