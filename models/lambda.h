// models/lambda.h -- lambda as a number, or as a part of the least that makes every code 0.
#ifndef MODELS_LAMBDA_H
#define MODELS_LAMBDA_H

#include "models/solver.h"

typedef struct lambda_setting {
    double absolute; // lambda; 0: relative times lambda_max
    double relative; // rho, of each image's own lambda_max; 0..1
} lambda_setting;

size_t lambda_scratch_bytes(const dictionary_geometry *g);

// |D' m^2 y|_inf, or the largest positive part of it when z >= 0: for L1 without a prediction, z = 0
// is the best code if and only if lambda >= lambda_max. Reads of the problem: geometry, packed,
// image, mask, non_negative; alpha has no part in it.
//   source: Massias, Gramfort, Salmon 2018, eq. 8
double lambda_max(const inference *problem, void *scratch);

// lambda of this image. An image of zeros has lambda_max 0, and every lambda does.
double lambda_of_image(const lambda_setting *setting, const inference *problem, void *scratch);

#endif
