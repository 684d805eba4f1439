// models/codes/lambda.h -- the least lambda that makes every code 0, to measure lambda by.
#ifndef MODELS_CODES_LAMBDA_H
#define MODELS_CODES_LAMBDA_H

#include "models/codes/solver.h"

size_t lambda_scratch_bytes(const dictionary_geometry *g);

// |D' m^2 y|_inf, or the largest positive part of it when z >= 0: for L1 without a prediction, z =
// 0 is the best code if and only if lambda >= lambda_max. Reads of the problem: geometry, packed,
// image, mask, non_negative; alpha has no part in it.
//   source: Massias, Gramfort, Salmon 2018, eq. 8
// The scratch then begins with D' m^2 y, a code array.
double lambda_max(const inference *problem, void *scratch);

#endif
