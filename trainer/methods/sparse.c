// trainer/methods/sparse.c -- sparse coding, predictive sparse decomposition and LISTA, on patches or
// convolutional: see trainer/sparse/sparse_model.h for the energy.
//   each step: codes z of all images by the solver; then one gradient step of the atoms (and the
//   encoder) at these codes; atoms are brought back to length 1
//   source: Olshausen & Field 1996 (Nature 381); Kavukcuoglu et al. 2008 (arXiv 1010.3467) sec. 2.3
//
// Nothing is pushed up: the codes' sparsity bounds how many images can have low energy.
#include "trainer/run/run_folder.h"
#include "trainer/sparse/code_memory.h"
#include "trainer/sparse/code_numbers.h"
#include "trainer/sparse/dead_atoms.h"
#include "trainer/sparse/dictionary_sheet.h"
#include "trainer/sparse/sparse_atoms.h"

#include <math.h>
#include <string.h>

// The first metrics are those of trainer/sparse/code_numbers.h, 0 where there is none.
enum {
    METRIC_ALIVE = CODE_NUMBERS, // atoms in use
    METRIC_BOUND                 // L
};

// With unit density: lambda moves by this power of (density found / wanted) in each step.
#define DENSITY_RATE 0.05

typedef struct sparse {
    const method_setup *setup;
    const sparse_config *config;
    sparse_model model;
    dead_atoms dead;
    code_memory codes; // with start last
    float lambda;      // in the choice's unit; relative for density
    arena memory;
    float *residual; // (C, H, W)
    float *pull;     // (C, k, k)
    bool *replaced;  // (K)
} sparse;

static bool seeks_density(const sparse *m)
{
    return strcmp(m->setup->inference->lambda_unit, "density") == 0;
}

static bool starts_from_last(const sparse *m)
{
    return m->config->start == START_LAST;
}

static status build(sparse *m)
{
    const method_setup *s = m->setup;
    const sparse_config *c = m->config;
    TRY(sparse_model_create(&m->model, &(sparse_setup){c, s->inference, s->view, s->seed, true}));
    if (starts_from_last(m)) TRY(code_memory_create(&m->codes, &s->order, (uint64_t)c->remember));
    TRY(dead_atoms_create(&m->dead, (int)c->atoms, s->view.c, (int)c->kernel, s->order.batch));
    size_t residual = code_layout_pixels(&m->model.layout) * sizeof(float);
    size_t replaced = (size_t)c->atoms * sizeof(bool);
    size_t pull = (size_t)s->view.c * (size_t)(c->kernel * c->kernel) * sizeof(float);
    TRY(arena_create(&m->memory,
                     arena_padded(residual) + arena_padded(pull) + arena_padded(replaced),
                     "a residual"));
    m->pull = arena_take(&m->memory, pull);
    m->residual = arena_take(&m->memory, residual);
    m->replaced = arena_take(&m->memory, replaced);
    m->lambda = seeks_density(m) ? 0.1f : (float)s->inference->lambda;
    return ST_OK;
}

static void destroy(void *state)
{
    sparse *m = state;
    sparse_model_destroy(&m->model);
    dead_atoms_destroy(&m->dead);
    code_memory_destroy(&m->codes);
    arena_destroy(&m->memory);
}

static status create(void *state, const method_setup *setup, method_core *core)
{
    sparse *m = state;
    m->setup = setup;
    m->config = setup->settings;
    core->learned = &m->model.weights;
    return build(m);
}

static void note_trouble(const method_step *s, status trouble)
{
    if (*s->trouble == ST_OK) *s->trouble = trouble;
}

static void begin(void *state, const method_step *s)
{
    sparse *m = state;
    phases_enter(s->phases, PHASE_OPTIMIZER);
    note_trouble(s, sparse_model_follow(&m->model));
}

// This worker's share of the metrics: means over samples, and of what all workers know alike.
static void add_metrics(sparse *m, const float *images, float *metrics)
{
    sparse_model *model = &m->model;
    double sums[CODE_NUMBERS] = {0};
    for (int n = 0; n < m->setup->view.n; n++) {
        code_numbers numbers = code_numbers_of(model, images, n);
        for (int i = 0; i < CODE_NUMBERS; i++)
            sums[i] += isnan(numbers.of[i]) ? 0 : numbers.of[i];
    }
    for (int i = 0; i < CODE_NUMBERS; i++)
        metrics[i] += (float)(sums[i] / (double)m->setup->order.batch);
    float share = 1.0f / (float)m->setup->workers.total;
    const float *activity = model->weights.statistics + model->activity_at;
    metrics[METRIC_ALIVE] += share * (float)dead_atoms_alive(&m->dead, activity);
    metrics[METRIC_BOUND] += share * (float)code_inference_bound(model->inference);
}

static bool reseeds(const sparse *m, uint64_t step)
{
    uint64_t every = (uint64_t)m->config->reseed_every;
    return every > 0 && m->config->learn_dictionary && (step + 1) % every == 0;
}

// The batch position of the first sample of own worker `own`.
static uint64_t first_position(const sparse *m, int own)
{
    return (uint64_t)(m->setup->workers.first + own) * (uint64_t)m->setup->view.n;
}

static void note_patches(sparse *m, const float *images, int own)
{
    size_t pixels = code_layout_pixels(&m->model.layout);
    size_t codes = code_layout_codes(&m->model.layout);
    uint64_t first = first_position(m, own);
    for (size_t n = 0; n < (size_t)m->setup->view.n; n++) {
        code_inference_residual(m->model.inference, images + n * pixels,
                                m->model.code_planes + n * codes, m->residual);
        dead_atoms_note(&m->dead, first + n, m->residual, m->setup->view.h, m->setup->view.w);
    }
}

// Codes of an own worker's images, from where each starts; then they are noted.
static status infer(sparse *m, const method_step *s, const float *images, int own)
{
    sparse_model *model = &m->model;
    size_t codes = code_layout_codes(&model->layout), samples = (size_t)m->setup->view.n;
    bool last = starts_from_last(m);
    for (size_t n = 0; last && n < samples; n++)
        code_memory_recall(&m->codes, s->batch->ids[0][(size_t)own * samples + n],
                           model->code_planes + n * codes, codes);
    TRY(sparse_model_infer(model, images, last ? STARTS_GIVEN : STARTS_AS_CONFIGURED,
                           (double)m->lambda));
    for (size_t n = 0; last && n < samples; n++)
        code_memory_note(&m->codes, first_position(m, own) + n, model->code_planes + n * codes,
                         codes);
    return ST_OK;
}

// The graph does not meet, so the group is one worker.
static void run(void *state, const method_step *s, worker_group group, const method_leaf *leaf)
{
    sparse *m = state;
    sparse_model *model = &m->model;
    const float *images = method_view(m->setup, s, 0, group.first);
    phases_enter(s->phases, PHASE_FORWARD);
    status inferred = infer(m, s, images, group.first);
    if (inferred != ST_OK) {
        note_trouble(s, inferred);
        return;
    }
    graph_forward_from(model->graph, true, model->prediction, model->energy, leaf->statistics);
    add_metrics(m, images, leaf->metrics);
    if (reseeds(m, s->step)) note_patches(m, images, group.first);
    phases_enter(s->phases, PHASE_BACKWARD);
    graph_backward(model->graph, model->energy, 1.0f / (float)m->setup->order.batch,
                   leaf->gradient);
}

static void finish(void *state, const method_step *s)
{
    sparse *m = state;
    const workers *w = &m->setup->workers;
    if (seeks_density(m)) {
        double found = (double)s->metrics[CODE_NONZERO], wanted = m->setup->inference->lambda;
        double factor = pow((found > 0 ? found : wanted / 10) / wanted, DENSITY_RATE);
        m->lambda = fminf((float)((double)m->lambda * factor), 0.99f);
    }
    size_t rows = (size_t)m->setup->view.n, first = first_position(m, 0);
    size_t count = (size_t)w->count * rows;
    if (starts_from_last(m))
        code_memory_keep(&m->codes, m->setup->world, &m->setup->order, s->step, first, count);
    if (m->config->learn_dictionary) sparse_atoms_move(&m->model, s, m->pull);
    if (!reseeds(m, s->step)) return;
    dead_atoms_replace(&m->dead, m->setup->world, first, count,
                       m->model.weights.params + m->model.atoms_at,
                       m->model.weights.statistics + m->model.activity_at, m->replaced);
    sparse_atoms_forget(&m->model, s, m->replaced);
}

// Only L1 has a duality gap, and only an encoder an energy.
static bool measures(const void *state, size_t i)
{
    const sparse *m = state;
    if (i == CODE_GAP) return m->setup->inference->penalty->is_l1;
    return i != CODE_ENCODER || m->model.prediction >= 0;
}

static void tell_idle(const void *state, const view_variety *views)
{
    const sparse *m = state;
    sparse_config_tell_idle(m->config, m->setup->inference, !views->epochs);
}

static size_t describe(void *state, checkpoint_array *arrays)
{
    sparse *m = state;
    if (arrays != NULL)
        arrays[0] = (checkpoint_array){SPARSE_LAMBDA, ARRAY_F32, 0, {0}, &m->lambda};
    if (!starts_from_last(m)) return 1;
    return 1 + code_memory_describe(&m->codes, arrays != NULL ? arrays + 1 : NULL);
}

static status validate(const void *state)
{
    const sparse *m = state;
    TRY(sparse_lambda_validate(m->lambda));
    if (!starts_from_last(m)) return ST_OK;
    return code_memory_validate(&m->codes, code_layout_codes(&m->model.layout));
}

static status draw_param(const sparse *m, const char *name, const char *prefix, const char *what)
{
    char path[RUN_PATH_SIZE + 32];
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(m->model.graph, i)) != NULL; i++)
        if (strcmp(p->name, name) == 0) break;
    if (p == NULL) return ST_OK;
    snprintf(path, sizeof path, "%s%s.png", prefix, what);
    return dictionary_sheet_write(path, p, m->model.weights.params,
                                  m->model.weights.statistics + m->model.activity_at);
}

static status draw(void *state, const char *prefix)
{
    const sparse *m = state;
    TRY(draw_param(m, "dictionary.weight", prefix, "decoder"));
    return draw_param(m, "encoder.filters.weight", prefix, "encoder");
}

const method_type method_sparse = {
    .name = "sparse",
    .help = "sparse auto-encoder: a dictionary, codes by a solver, perhaps an encoder (PSD, LISTA)",
    .sections = SECTION_INFERENCE,
    .readouts = {"codes"},
    .fields = sparse_fields,
    .config_size = sizeof(sparse_config),
    .state_size = sizeof(sparse),
    .metric_names = {"energy", "error", "nonzero", "gap", "iterations", "encoder", "alive",
                     "bound"},
    .views = method_one_view,
    .create = create,
    .begin = begin,
    .run = run,
    .finish = finish,
    .describe = describe,
    .validate = validate,
    .destroy = destroy,
    .draw = draw,
    .measures = measures,
    .tell_idle = tell_idle,
};
