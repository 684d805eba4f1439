// models/codes/solvers/fista.c -- the accelerated proximal gradient method with adaptive restart.
//   source: Beck and Teboulle 2009; O'Donoghue and Candes 2015
#include "models/codes/solvers/proximal.h"

static void solve(const void *settings, const inference *problem, float *code, void *scratch,
                  inference_result *result)
{
    proximal_solve(settings, true, problem, code, scratch, result);
}

const solver_type solver_fista = {
    .name = "fista",
    .help = "accelerated proximal gradient with restart; any penalty",
    .fields = proximal_fields,
    .config_size = sizeof(proximal_config),
    .scratch_bytes = proximal_scratch_bytes,
    .solve = solve,
};
