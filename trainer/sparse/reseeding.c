// trainer/sparse/reseeding.c -- see reseeding.h.
#include "trainer/sparse/reseeding.h"

#include "trainer/sparse/sparse_atoms.h"

status reseeding_create(reseeding *r, sparse_model *m, size_t samples)
{
    const sparse_config *c = m->setup.config;
    r->model = m;
    TRY(dead_atoms_create(&r->dead, (int)c->atoms, m->setup.view.c, (int)c->kernel, samples));
    size_t residual = code_layout_pixels(&m->layout) * sizeof(float);
    size_t replaced = (size_t)c->atoms * sizeof(bool);
    TRY(arena_create(&r->memory, arena_padded(residual) + arena_padded(replaced), "a residual"));
    r->residual = arena_take(&r->memory, residual);
    r->replaced = arena_take(&r->memory, replaced);
    return ST_OK;
}

void reseeding_destroy(reseeding *r)
{
    dead_atoms_destroy(&r->dead);
    arena_destroy(&r->memory);
}

bool reseeding_is_due(const reseeding *r, uint64_t step)
{
    const sparse_config *c = r->model->setup.config;
    uint64_t every = (uint64_t)c->reseed_every;
    return every > 0 && c->learn_dictionary && (step + 1) % every == 0;
}

void reseeding_note(reseeding *r, const float *images, uint64_t first)
{
    const sparse_model *m = r->model;
    shape view = m->setup.view;
    size_t pixels = code_layout_pixels(&m->layout), codes = code_layout_codes(&m->layout);
    for (size_t n = 0; n < (size_t)view.n; n++) {
        code_inference_residual(m->inference, images + n * pixels, m->code_planes + n * codes,
                                r->residual);
        dead_atoms_note(&r->dead, first + n, r->residual, view.h, view.w);
    }
}

static float *activity_of(const reseeding *r)
{
    return r->model->weights.statistics + r->model->activity_at;
}

void reseeding_replace(reseeding *r, const method_step *s, const world *w, size_t first,
                       size_t count)
{
    sparse_model *m = r->model;
    dead_atoms_replace(&r->dead, w, first, count, m->weights.params + m->atoms_at, activity_of(r),
                       r->replaced);
    sparse_atoms_forget(m, s, r->replaced);
}

int reseeding_alive(const reseeding *r)
{
    return dead_atoms_alive(&r->dead, activity_of(r));
}
