// models/graph/op.c -- the registry of operations and energies.
#include "models/graph/op.h"

#include <string.h>

#define OP(name)     extern const op_type op_##name;
#define ENERGY(name) extern const op_type energy_##name;
#include "models/ops.def"
#include "models/energies.def"
#undef OP
#undef ENERGY

#define OP(name)     &op_##name,
#define ENERGY(name) &energy_##name,
const op_type *const op_table[] = {
#include "models/ops.def"
#include "models/energies.def"
    NULL};
#undef OP
#undef ENERGY

const op_type *op_find(const char *name)
{
    for (int i = 0; op_table[i] != NULL; i++)
        if (strcmp(op_table[i]->name, name) == 0) return op_table[i];
    return NULL;
}
