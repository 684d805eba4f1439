// trainer/sparse/sparse_lambda.h -- the price of a code: as the job gives it, or moved until as
// many codes are not 0 as the job asks for (penalty.unit: density).
#ifndef TRAINER_SPARSE_SPARSE_LAMBDA_H
#define TRAINER_SPARSE_SPARSE_LAMBDA_H

#include "base/status.h"
#include "trainer/sparse/inference_choice.h"

#define SPARSE_LAMBDA "lambda" // in a checkpoint: the lambda reached so far, a single number

// At the start; in the choice's unit, relative for density.
float sparse_lambda_start(const inference_choice *choice);

// After a step in which this share of the codes was not 0.
float sparse_lambda_next(const inference_choice *choice, float lambda, double nonzero);

// Whether a lambda that a checkpoint holds can be one. Errors: ST_BAD_DATA.
status sparse_lambda_validate(float lambda);

#endif
