// trainer/sparse/sparse_state.c -- see sparse_state.h.
#include "trainer/sparse/sparse_state.h"

#include "trainer/sparse/dictionary_sheet.h"

bool sparse_starts_from_last(const sparse_state *m)
{
    return m->config->start == START_LAST;
}

status sparse_state_create(void *state, const method_setup *s, method_core *core)
{
    sparse_state *m = state;
    const sparse_config *c = m->config = s->settings;
    m->setup = s;
    m->lambda = sparse_lambda_start(s->inference);
    core->learned = &m->model.weights;
    TRY(sparse_model_create(&m->model, &(sparse_setup){c, s->inference, s->view, s->seed, true}));
    if (sparse_starts_from_last(m))
        TRY(code_memory_create(&m->memory, &s->order, (uint64_t)c->remember));
    return reseeding_create(&m->reseeding, &m->model, s->order.batch);
}

void sparse_state_destroy(void *state)
{
    sparse_state *m = state;
    sparse_model_destroy(&m->model);
    reseeding_destroy(&m->reseeding);
    code_memory_destroy(&m->memory);
}

// Only L1 has a duality gap, and only an encoder an energy.
bool sparse_state_measures(const void *state, size_t i)
{
    const sparse_state *m = state;
    if (i == CODE_GAP) return m->setup->inference->penalty->is_l1;
    return i != CODE_ENCODER || m->model.prediction >= 0;
}

void sparse_state_tell_idle(const void *state, const view_variety *views)
{
    const sparse_state *m = state;
    sparse_config_tell_idle(m->config, m->setup->inference, !views->epochs);
}

size_t sparse_state_describe(void *state, checkpoint_array *arrays)
{
    sparse_state *m = state;
    if (arrays != NULL)
        arrays[0] = (checkpoint_array){SPARSE_LAMBDA, ARRAY_F32, 0, {0}, &m->lambda};
    if (!sparse_starts_from_last(m)) return 1;
    return 1 + code_memory_describe(&m->memory, arrays != NULL ? arrays + 1 : NULL);
}

status sparse_state_validate(const void *state)
{
    const sparse_state *m = state;
    TRY(sparse_lambda_validate(m->lambda));
    if (!sparse_starts_from_last(m)) return ST_OK;
    return code_memory_validate(&m->memory, code_layout_codes(&m->model.layout));
}

status sparse_state_draw(void *state, const char *prefix)
{
    return dictionary_sheets_write(&((const sparse_state *)state)->model, prefix);
}
