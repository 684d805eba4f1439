// models/codes/code_encoder.c -- the registry of encoders, and their linear part.
#include "models/codes/code_encoder.h"

#include <string.h>

#define ENCODER(name) extern const code_encoder_type encoder_##name;
#include "models/codes/encoders.def"
#undef ENCODER

#define ENCODER(name) &encoder_##name,
const code_encoder_type *const code_encoder_table[] = {
#include "models/codes/encoders.def"
    NULL};
#undef ENCODER

const code_encoder_type *code_encoder_find(const char *name)
{
    for (int i = 0; code_encoder_table[i] != NULL; i++)
        if (strcmp(code_encoder_table[i]->name, name) == 0) return code_encoder_table[i];
    return NULL;
}

int code_encoder_match(graph *g, const char *name, const code_space *s, int images)
{
    char full[GRAPH_NAME_SIZE];
    snprintf(full, sizeof full, "encoder.%s", name);
    return graph_chain(g, "analyse", full, images, "{atoms: %d, kernel: %d, border: %s}", s->atoms,
                       s->kernel, s->border);
}

void code_encoder_start_match(const void *settings, const graph *g, const code_start *from,
                              float *params, float *rates)
{
    (void)settings;
    const graph_param *p;
    for (int i = 0; (p = graph_param_at(g, i)) != NULL; i++) {
        if (strcmp(p->name, "encoder.filters.weight") != 0) continue;
        rates[i] = 1; // though they are small: they must grow
        for (size_t k = 0; k < p->count; k++)
            params[p->offset + k] = (float)((double)from->atoms[k] / from->bound);
    }
}
