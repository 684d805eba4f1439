// models/codes/solver.c -- the registry of solvers.
#include "models/codes/solver.h"

#include <string.h>

#define SOLVER(name) extern const solver_type solver_##name;
#include "models/codes/solvers.def"
#undef SOLVER

#define SOLVER(name) &solver_##name,
const solver_type *const solver_table[] = {
#include "models/codes/solvers.def"
    NULL};
#undef SOLVER

const solver_type *solver_find(const char *name)
{
    for (int i = 0; solver_table[i] != NULL; i++)
        if (strcmp(solver_table[i]->name, name) == 0) return solver_table[i];
    return NULL;
}
