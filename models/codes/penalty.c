// models/codes/penalty.c -- the registry of penalties.
#include "models/codes/penalty.h"

#include <string.h>

#define PENALTY(name) extern const penalty_type penalty_##name;
#include "models/codes/penalties.def"
#undef PENALTY

#define PENALTY(name) &penalty_##name,
const penalty_type *const penalty_table[] = {
#include "models/codes/penalties.def"
    NULL};
#undef PENALTY

const penalty_type *penalty_find(const char *name)
{
    for (int i = 0; penalty_table[i] != NULL; i++)
        if (strcmp(penalty_table[i]->name, name) == 0) return penalty_table[i];
    return NULL;
}
