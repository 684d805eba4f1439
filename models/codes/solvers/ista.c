// models/codes/solvers/ista.c -- iterative shrinkage: the proximal gradient method without
// momentum.
//   source: Daubechies, Defrise, De Mol 2004
#include "models/codes/solvers/proximal.h"

static void solve(const void *settings, const inference *problem, float *code, void *scratch,
                  inference_result *result)
{
    proximal_solve(settings, false, problem, code, scratch, result);
}

const solver_type solver_ista = {
    .name = "ista",
    .help = "proximal gradient; any penalty",
    .fields = proximal_fields,
    .config_size = sizeof(proximal_config),
    .scratch_bytes = proximal_scratch_bytes,
    .solve = solve,
};
