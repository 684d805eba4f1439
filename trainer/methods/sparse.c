// trainer/methods/sparse.c -- sparse coding, predictive sparse decomposition and LISTA, on patches
// or convolutional: see trainer/sparse/sparse_model.h for the energy.
//   each step: codes z of all images by the solver; then one gradient step of the atoms (and the
//   encoder) at these codes; atoms are brought back to length 1
//   source: Olshausen & Field 1996 (Nature 381); Kavukcuoglu et al. 2008 (arXiv 1010.3467) sec. 2.3
//
// Nothing is pushed up: the codes' sparsity bounds how many images can have low energy.
#include "trainer/sparse/sparse_atoms.h"
#include "trainer/sparse/sparse_state.h"

static void note_trouble(const method_step *s, status trouble)
{
    if (*s->trouble == ST_OK) *s->trouble = trouble;
}

static void begin(void *state, const method_step *s)
{
    phases_enter(s->phases, PHASE_OPTIMIZER);
    note_trouble(s, sparse_model_follow(&((sparse_state *)state)->model));
}

// The batch position of the first sample of own worker `own`.
static uint64_t first_position(const sparse_state *m, int own)
{
    return (uint64_t)(m->setup->workers.first + own) * (uint64_t)m->setup->view.n;
}

// Codes of an own worker's images, from where each starts; then they are noted.
static status infer(sparse_state *m, const method_step *s, const float *images, int own)
{
    sparse_model *model = &m->model;
    size_t count = code_layout_codes(&model->layout), samples = (size_t)m->setup->view.n;
    const uint64_t *ids = s->batch->ids[0] + (size_t)own * samples;
    if (!sparse_starts_from_last(m))
        return sparse_model_infer(model, images, STARTS_AS_CONFIGURED, (double)m->lambda);
    code_memory_recall_all(&m->memory, ids, samples, model->code_planes, count);
    TRY(sparse_model_infer(model, images, STARTS_GIVEN, (double)m->lambda));
    code_memory_note_all(&m->memory, first_position(m, own), samples, model->code_planes, count);
    return ST_OK;
}

// The graph does not meet, so the group is one worker.
static void run(void *state, const method_step *s, worker_group group, const method_leaf *leaf)
{
    sparse_state *m = state;
    sparse_model *model = &m->model;
    float share = 1.0f / (float)m->setup->workers.total;
    const float *images = method_view(m->setup, s, 0, group.first);
    phases_enter(s->phases, PHASE_FORWARD);
    status inferred = infer(m, s, images, group.first);
    if (inferred != ST_OK) {
        note_trouble(s, inferred);
        return;
    }
    graph_forward_from(model->graph, true, model->prediction, model->energy, leaf->statistics);
    code_numbers_add(model, images, m->setup->order.batch, leaf->metrics);
    leaf->metrics[METRIC_ALIVE] += share * (float)reseeding_alive(&m->reseeding);
    leaf->metrics[METRIC_BOUND] += share * (float)code_inference_bound(model->inference);
    if (reseeding_is_due(&m->reseeding, s->step))
        reseeding_note(&m->reseeding, images, first_position(m, group.first));
    phases_enter(s->phases, PHASE_BACKWARD);
    graph_backward(model->graph, model->energy, 1.0f / (float)m->setup->order.batch,
                   leaf->gradient);
}

static void finish(void *state, const method_step *s)
{
    sparse_state *m = state;
    const world *w = m->setup->world;
    size_t first = first_position(m, 0), count = first_position(m, m->setup->workers.count) - first;
    m->lambda =
        sparse_lambda_next(m->setup->inference, m->lambda, (double)s->metrics[CODE_NONZERO]);
    if (sparse_starts_from_last(m))
        code_memory_keep(&m->memory, w, &m->setup->order, s->step, first, count);
    if (m->config->learn_dictionary) sparse_atoms_move(&m->model, s);
    if (reseeding_is_due(&m->reseeding, s->step))
        reseeding_replace(&m->reseeding, s, w, first, count);
}

const method_type method_sparse = {
    .name = "sparse",
    .help = "sparse auto-encoder: a dictionary, codes by a solver, perhaps an encoder (PSD, LISTA)",
    .sections = SECTION_INFERENCE,
    .readouts = {"codes"},
    .fields = sparse_fields,
    .config_size = sizeof(sparse_config),
    .state_size = sizeof(sparse_state),
    .metric_names = {"energy", "error", "nonzero", "gap", "iterations", "encoder", "alive",
                     "bound"},
    .views = method_one_view,
    .create = sparse_state_create,
    .begin = begin,
    .run = run,
    .finish = finish,
    .describe = sparse_state_describe,
    .validate = sparse_state_validate,
    .destroy = sparse_state_destroy,
    .draw = sparse_state_draw,
    .measures = sparse_state_measures,
    .tell_idle = sparse_state_tell_idle,
};
