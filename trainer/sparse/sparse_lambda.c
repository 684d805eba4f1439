// trainer/sparse/sparse_lambda.c -- see sparse_lambda.h.
#include "trainer/sparse/sparse_lambda.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

// Lambda moves by this power of (density found / wanted) in each step.
#define DENSITY_RATE 0.05

static bool seeks_density(const inference_choice *choice)
{
    return strcmp(choice->lambda_unit, "density") == 0;
}

float sparse_lambda_start(const inference_choice *choice)
{
    return seeks_density(choice) ? 0.1f : (float)choice->lambda;
}

float sparse_lambda_next(const inference_choice *choice, float lambda, double nonzero)
{
    double wanted = choice->lambda;
    if (!seeks_density(choice)) return lambda;
    double factor = pow((nonzero > 0 ? nonzero : wanted / 10) / wanted, DENSITY_RATE);
    return fminf((float)((double)lambda * factor), 0.99f);
}

status sparse_lambda_validate(float lambda)
{
    CHECK(isfinite(lambda) && lambda >= 0, ST_BAD_DATA,
          "\"" SPARSE_LAMBDA "\" is %g, but a price is not negative", (double)lambda);
    return ST_OK;
}
