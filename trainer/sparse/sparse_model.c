// trainer/sparse/sparse_model.c -- the graph of a sparse auto-encoder, and inference in the middle
// of it.
#include "trainer/sparse/sparse_model.h"

#include "models/kernels/dictionary/dictionary_bound.h"

#include <math.h>
#include <string.h>

static bool learns_from_energy(const sparse_model *m)
{
    return m->prediction >= 0 && m->setup.config->encoder_learns == LEARNS_ENERGY;
}

// 1/2 |y - D codes|^2 + lambda |codes|
static int add_code_energy(sparse_model *m, const char *name, int codes, bool learn)
{
    const sparse_config *c = m->setup.config;
    shape y = m->setup.view;
    char full[64];
    int seen = graph_chain(m->graph, "synthesise", "dictionary", codes,
                           "{channels: %d, height: %d, width: %d, kernel: %d, border: %s, learn: "
                           "%s, activity: %s}",
                           y.c, y.h, y.w, (int)c->kernel, c->border, learn ? "true" : "false",
                           codes != m->prediction ? "true" : "false");
    snprintf(full, sizeof full, "%s.error", name);
    int error =
        graph_add(m->graph, "squared_error", full, (int[]){m->images, seen}, 2, "{weight: 0.5}");
    snprintf(full, sizeof full, "%s.l1", name);
    int price = graph_add(m->graph, "l1", full, (int[]){codes, m->lambdas}, 2, "{}");
    return graph_add(m->graph, "add", name, (int[]){error, price}, 2, "{}");
}

bool sparse_model_is_online(const sparse_model *m)
{
    return m->setup.config->dictionary_step == STEP_ONLINE;
}

static void add_energy(sparse_model *m)
{
    const sparse_config *c = m->setup.config;
    int codes = m->codes;
    if (sparse_model_is_online(m))
        codes = graph_add(m->graph, "code_products", "products", (int[]){codes, m->images}, 2,
                          "{kernel: %d}", (int)c->kernel);
    m->energy = add_code_energy(m, "energy", codes, c->learn_dictionary);
    if (m->prediction < 0) return;
    int more = learns_from_energy(m)
                   ? add_code_energy(m, "encoder_energy", m->prediction, false)
                   : graph_add(m->graph, "squared_error", "distance",
                               (int[]){m->codes, m->prediction}, 2, "{weight: %.17g}", c->alpha);
    m->energy = graph_add(m->graph, "add", "total", (int[]){m->energy, more}, 2, "{}");
}

static status build_graph(sparse_model *m)
{
    const sparse_config *c = m->setup.config;
    shape view = m->setup.view;
    const inference_choice *choice = m->setup.choice;
    TRY(code_layout_plan(&m->layout, (int)c->atoms, (int)c->kernel, c->border, view.c, view.h,
                         view.w));
    TRY(graph_create(&m->graph, m->setup.learns));
    graph *g = m->graph;
    code_space space = {(int)c->atoms, (int)c->kernel, c->border, c->non_negative};
    m->images = graph_input(g, "images", view, false);
    m->prediction = -1;
    if (choice->encoder->build != NULL) {
        m->prediction = choice->encoder->build(g, choice->encoder_settings, &space, m->images);
        graph_keep(g, m->prediction);
    }
    shape codes = {view.n, (int)c->atoms, m->layout.height, m->layout.width};
    m->codes = graph_input(g, "codes", codes, false);
    m->lambdas = graph_input(g, "lambda", (shape){view.n, 1, 1, 1}, false);
    add_energy(m);
    graph_keep(g, m->energy);
    return graph_plan(g);
}

static void find_dictionary(sparse_model *m)
{
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(m->graph, i)) != NULL; i++)
        if (strcmp(p->name, "dictionary.weight") == 0) m->atoms_at = p->offset;
    for (int i = 0; (p = graph_statistic_at(m->graph, i)) != NULL; i++) {
        if (strcmp(p->name, "dictionary.activity") == 0) m->activity_at = p->offset;
        if (strcmp(p->name, "dictionary.power") == 0) m->power_at = p->offset;
        if (strcmp(p->name, "products.codes") == 0) m->code_sums_at = p->offset;
        if (strcmp(p->name, "products.images") == 0) m->image_sums_at = p->offset;
    }
}

// The atoms of another run's checkpoint.
static status read_atoms(sparse_model *m)
{
    const sparse_config *c = m->setup.config;
    checkpoint_array atoms = {
        SPARSE_PREFIX "/dictionary.weight",
        ARRAY_F32,
        4,
        {(uint64_t)c->atoms, (uint64_t)m->setup.view.c, (uint64_t)c->kernel, (uint64_t)c->kernel},
        m->weights.params + m->atoms_at};
    checkpoint *file = NULL;
    TRY(checkpoint_open(&file, c->dictionary));
    status s = checkpoint_read(file, &atoms);
    checkpoint_close(file);
    return s;
}

// Atoms that the method moves by itself stay put under the optimizer.
static void rest_dictionary(sparse_model *m)
{
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(m->graph, i)) != NULL; i++)
        if (p->offset == m->atoms_at) m->weights.rates[i] = 0;
}

static void scale_encoder_rates(sparse_model *m)
{
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(m->graph, i)) != NULL; i++)
        if (strncmp(p->name, "encoder.", strlen("encoder.")) == 0)
            m->weights.rates[i] *= (float)m->setup.config->encoder_rate;
}

// First weights. LISTA starts where its thresholds fit lambda; of a relative lambda, for images
// whose largest match is 1.
static status start_weights(sparse_model *m)
{
    const sparse_setup *s = &m->setup;
    const code_encoder_type *encoder = s->choice->encoder;
    graph_initialise(m->graph, s->seed, m->weights.params, m->weights.statistics);
    if (s->config->dictionary[0] != '\0') TRY(read_atoms(m));
    weights_constrain(&m->weights);
    if (s->config->dictionary_rate > 0) rest_dictionary(m);
    if (encoder->start != NULL) {
        code_start from = {.atoms = sparse_model_atoms(m), .lambda = s->choice->lambda};
        TRY(dictionary_bound(&m->layout.geometry, from.atoms, &from.bound));
        encoder->start(s->choice->encoder_settings, m->graph, &from, m->weights.params,
                       m->weights.rates);
    }
    scale_encoder_rates(m);
    return ST_OK;
}

static status take_memory(sparse_model *m)
{
    size_t samples = (size_t)m->setup.view.n;
    size_t codes = samples * code_layout_codes(&m->layout) * sizeof(float);
    size_t lambdas = samples * sizeof(float), results = samples * sizeof(inference_result);
    size_t side = (size_t)m->setup.config->kernel;
    size_t pull = (size_t)m->setup.view.c * side * side * sizeof(float);
    TRY(arena_create(&m->memory,
                     arena_padded(codes) + arena_padded(lambdas) + arena_padded(results) +
                         arena_padded(pull),
                     "the codes of a batch"));
    m->code_planes = arena_take(&m->memory, codes);
    m->lambda_values = arena_take(&m->memory, lambdas);
    m->results = arena_take(&m->memory, results);
    m->pull = arena_take(&m->memory, pull);
    return ST_OK;
}

static status check_choice(const sparse_setup *s)
{
    const inference_choice *c = s->choice;
    CHECK(c->penalty->is_l1 || strcmp(c->lambda_unit, "absolute") == 0, ST_CONFIG,
          "penalty.unit: %s is defined for the penalty l1 only; give lambda of %s as absolute",
          c->lambda_unit, c->penalty->name);
    CHECK(strcmp(c->lambda_unit, "absolute") == 0 || c->lambda < 1, ST_CONFIG,
          "penalty.lambda: %g as %s makes all codes 0; give a number below 1 (0.1 is usual)",
          c->lambda, c->lambda_unit);
    CHECK(c->encoder->build != NULL || s->config->start != START_ENCODER, ST_CONFIG,
          "method.start: encoder needs an encoder; add encoder: {name: tanh}");
    const sparse_config *m = s->config;
    bool from_energy = c->encoder->build != NULL && m->encoder_learns == LEARNS_ENERGY;
    CHECK(!s->learns || !from_energy || c->penalty->is_l1, ST_CONFIG,
          "method.encoder_learns: energy has a gradient for the penalty l1 only, not for %s; take "
          "encoder_learns: codes",
          c->penalty->name);
    bool online = m->dictionary_step == STEP_ONLINE;
    CHECK(
        !online || strcmp(m->border, "full") == 0, ST_CONFIG,
        "method.dictionary_step: online takes atoms that lie wholly inside the image; give border: "
        "full, or dictionary_step: newton");
    CHECK(!online || m->dictionary_rate > 0, ST_CONFIG,
          "method.dictionary_rate: 0 leaves the atoms to the optimizer, which knows nothing of "
          "dictionary_step: online; give a share of the step, 1 for all of it");
    return ST_OK;
}

static status build(sparse_model *m)
{
    const sparse_setup *s = &m->setup;
    TRY(check_choice(s));
    TRY(build_graph(m));
    TRY(weights_create(&m->weights, m->graph));
    m->weights.prefix = SPARSE_PREFIX;
    find_dictionary(m);
    TRY(start_weights(m));
    inference_problem problem = {
        .solver = s->choice->solver,
        .penalty = s->choice->penalty,
        .solver_settings = s->choice->solver_settings,
        .penalty_settings = s->choice->penalty_settings,
        .alpha = m->prediction >= 0 && !learns_from_energy(m) ? s->config->alpha : 0,
        .non_negative = s->config->non_negative,
    };
    TRY(code_inference_create(&m->inference, &problem, &m->layout));
    return take_memory(m);
}

status sparse_model_create(sparse_model *m, const sparse_setup *setup)
{
    *m = (sparse_model){.setup = *setup};
    return build(m);
}

void sparse_model_destroy(sparse_model *m)
{
    code_inference_destroy(m->inference);
    weights_destroy(&m->weights);
    graph_destroy(m->graph);
    arena_destroy(&m->memory);
    *m = (sparse_model){0};
}

const float *sparse_model_atoms(const sparse_model *m)
{
    return m->weights.params + m->atoms_at;
}

status sparse_model_follow(sparse_model *m)
{
    graph_prepare(m->graph);
    return code_inference_set_atoms(m->inference, sparse_model_atoms(m));
}

static const float *predicted(const sparse_model *m, size_t n)
{
    if (m->prediction < 0) return NULL;
    return graph_value(m->graph, m->prediction) + n * code_layout_codes(&m->layout);
}

// Puts the start of image n into its code.
static void start_code(sparse_model *m, size_t n, code_starts starts, const float *guess)
{
    size_t codes = code_layout_codes(&m->layout);
    float *code = m->code_planes + n * codes;
    if (starts == STARTS_GIVEN) return;
    if (starts == STARTS_AT_LAST_FRAME && n > 0)
        memcpy(code, code - codes, codes * sizeof *code);
    else if (m->setup.config->start == START_ENCODER)
        memcpy(code, guess, codes * sizeof *code);
    else
        memset(code, 0, codes * sizeof *code);
}

static status infer_one(sparse_model *m, const float *image, size_t n, code_starts starts,
                        double lambda)
{
    float *code = m->code_planes + n * code_layout_codes(&m->layout);
    const float *guess = predicted(m, n);
    TRY(code_inference_look(m->inference, image));
    if (strcmp(m->setup.choice->lambda_unit, "absolute") != 0)
        lambda *= code_inference_lambda_max(m->inference);
    m->lambda_values[n] = (float)lambda;
    start_code(m, n, starts, guess);
    code_inference_solve(m->inference, guess, lambda, code, &m->results[n]);
    return ST_OK;
}

status sparse_model_infer(sparse_model *m, const float *images, code_starts starts, double lambda)
{
    size_t pixels = code_layout_pixels(&m->layout);
    graph_set_input(m->graph, m->images, images);
    if (m->prediction >= 0) graph_forward(m->graph, true, m->prediction, NULL);
    for (size_t n = 0; n < (size_t)m->setup.view.n; n++)
        TRY(infer_one(m, images + n * pixels, n, starts, lambda));
    graph_set_input(m->graph, m->codes, m->code_planes);
    graph_set_input(m->graph, m->lambdas, m->lambda_values);
    return ST_OK;
}

double sparse_model_prediction_energy(sparse_model *m, const float *image, int n)
{
    ASSERT(m->prediction >= 0);
    return code_inference_energy(m->inference, image, (double)m->lambda_values[n],
                                 predicted(m, (size_t)n));
}
