// models/ops/dictionary_op.c -- see dictionary_op.h.
#include "models/ops/dictionary_op.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>

// Below one code in so many, following the codes one by one is faster than all at once.
#define FEW 4

status dictionary_plan(op_plan *p, const dictionary_config *c, int atoms, shape image)
{
    code_layout layout;
    int channels = image.c, kernel = (int)c->kernel;
    TRY(code_layout_plan(&layout, atoms, kernel, c->border, channels, image.h, image.w));
    code_layout *l = malloc(sizeof *l);
    CHECK(l != NULL, ST_INTERNAL, "no memory for a dictionary's layout");
    *l = layout;
    p->kernel = l;
    p->out_block = 1;
    const dictionary_geometry *g = &l->geometry;
    p->param_count = 1;
    p->params[0] = (op_param){.name = "weight",
                              .rank = 4,
                              .dims = {atoms, channels, kernel, kernel},
                              .init = INIT_NORMAL,
                              .scale = (float)(1.0 / sqrt((double)channels * kernel * kernel))};
    p->packed_bytes = dictionary_packed_floats(g) * sizeof(float);
    p->scratch_bytes = arena_padded(dictionary_image_floats(g) * sizeof(float)) +
                       arena_padded(dictionary_code_floats(g) * sizeof(float)) +
                       arena_padded(dictionary_sum_floats(g) * sizeof(float)) +
                       arena_padded(code_layout_codes(l) * sizeof(active_code));
    p->backward_reads_input[0] = true;
    return ST_OK;
}

void dictionary_release(op_plan *p)
{
    free(p->kernel);
    p->kernel = NULL;
}

void dictionary_prepare(const void *settings, const op_plan *p, const float *const *params,
                        void *packed)
{
    (void)settings;
    const code_layout *l = p->kernel;
    dictionary_pack(&l->geometry, params[0], packed);
}

dictionary_scratch dictionary_take_scratch(const op_plan *p, void *memory)
{
    const code_layout *l = p->kernel;
    const dictionary_geometry *g = &l->geometry;
    arena a = {.base = memory, .capacity = p->scratch_bytes};
    dictionary_scratch s;
    s.image = arena_take(&a, dictionary_image_floats(g) * sizeof(float));
    s.code = arena_take(&a, dictionary_code_floats(g) * sizeof(float));
    s.sums = arena_take(&a, dictionary_sum_floats(g) * sizeof(float));
    s.list = arena_take(&a, code_layout_codes(l) * sizeof(active_code));
    return s;
}

void dictionary_apply(const code_layout *l, const float *packed, const dictionary_scratch *s)
{
    size_t count = dictionary_list_nonzero(&l->geometry, s->code, s->list);
    if (count * FEW < code_layout_codes(l))
        dictionary_synthesise_active(&l->geometry, packed, s->code, s->list, count, s->image);
    else
        dictionary_synthesise(&l->geometry, packed, s->code, s->image);
    code_layout_clear_margin(l, s->image);
}

void dictionary_add_correlation(const code_layout *l, const dictionary_scratch *s)
{
    size_t count = dictionary_list_nonzero(&l->geometry, s->code, s->list);
    bool few = count * FEW < code_layout_codes(l);
    dictionary_correlate(&l->geometry, s->image, s->code, few ? s->list : NULL, count, s->sums);
}
