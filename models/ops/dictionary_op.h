// models/ops/dictionary_op.h -- what the operations synthesise and analyse share: atoms as a
// parameter, one sample at a time through models/kernels/dictionary/dictionary.h.
#ifndef MODELS_OPS_DICTIONARY_OP_H
#define MODELS_OPS_DICTIONARY_OP_H

#include "models/codes/code_layout.h"
#include "models/graph/op.h"

// What both have in their settings.
typedef struct dictionary_config {
    int64_t kernel;
    char border[CONFIG_TEXT_SIZE];
} dictionary_config;

// Scratch of one call, one sample at a time.
typedef struct dictionary_scratch {
    float *image, *code, *sums;
    active_code *list;
} dictionary_scratch;

// The codes' layout (owned by the plan, in plan->kernel, freed by dictionary_release), the weights
// (K, C, k, k) and memory. image: (any, C, H, W). Errors: as code_layout_plan; ST_INTERNAL no
// memory.
status dictionary_plan(op_plan *p, const dictionary_config *c, int atoms, shape image);

void dictionary_release(op_plan *p);

void dictionary_prepare(const void *settings, const op_plan *p, const float *const *params,
                        void *packed);

dictionary_scratch dictionary_take_scratch(const op_plan *p, void *memory);

// image = D code; few codes that differ from 0 are followed one by one.
void dictionary_apply(const code_layout *l, const float *packed, const dictionary_scratch *s);

// sums += the correlation of s->image with s->code.
void dictionary_add_correlation(const code_layout *l, const dictionary_scratch *s);

#endif
