// models/codes/lambda.c -- lambda_max is the largest gradient at the code 0.
#include "models/codes/lambda.h"

#include "models/codes/solvers/objective.h"

#include <string.h>

size_t lambda_scratch_bytes(const dictionary_geometry *g)
{
    return (dictionary_code_floats(g) + dictionary_image_floats(g)) * sizeof(float);
}

double lambda_max(const inference *problem, void *scratch)
{
    size_t pixels = dictionary_image_floats(&problem->geometry);
    float *gradient = scratch;
    float *residual = gradient + dictionary_code_floats(&problem->geometry);
    memset(residual, 0, pixels * sizeof *residual);
    objective_residual(problem, residual);
    dictionary_analyse(&problem->geometry, problem->packed, residual, gradient);
    return objective_largest(problem, gradient);
}
