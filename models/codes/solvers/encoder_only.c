// models/codes/solvers/encoder_only.c -- the start as it is (an encoder's output), negative codes
// at 0 when z >= 0; tells its energy and gap.
#include "models/codes/solvers/objective.h"

static size_t scratch_bytes(const void *settings, const dictionary_geometry *g)
{
    (void)settings;
    size_t codes = dictionary_code_floats(g);
    return (codes + dictionary_image_floats(g)) * sizeof(float) + codes * sizeof(active_code);
}

static void solve(const void *settings, const inference *p, float *code, void *scratch,
                  inference_result *result)
{
    (void)settings;
    size_t codes = dictionary_code_floats(&p->geometry);
    float *gradient = scratch, *residual = gradient + codes;
    active_code *list = (active_code *)(void *)(residual + dictionary_image_floats(&p->geometry));
    for (size_t i = 0; p->non_negative && i < codes; i++)
        code[i] = code[i] > 0 ? code[i] : 0.0f;
    dictionary_synthesise(&p->geometry, p->packed, code, residual);
    double reconstruction = objective_residual(p, residual);
    dictionary_analyse(&p->geometry, p->packed, residual, gradient);
    objective_add_pull(p, code, gradient);
    dual_source from = objective_source(p, code, residual, reconstruction, gradient);
    double penalty = p->penalty->value(p->penalty_settings, &p->geometry, code);
    double energy = reconstruction + objective_prediction(p, code) + p->lambda * penalty;
    *result = (inference_result){
        .energy = energy,
        .reconstruction = reconstruction,
        .gap = objective_relative_gap(p, energy, objective_dual(p, &from)),
        .nonzeros = dictionary_list_nonzero(&p->geometry, code, list),
    };
}

const solver_type solver_encoder_only = {
    .name = "encoder_only",
    .help = "no inference: the start, an encoder's output, is the code",
    .scratch_bytes = scratch_bytes,
    .solve = solve,
};
