// trainer/sparse/code_numbers.h -- what is told of one image's code, in training and in evaluation.
#ifndef TRAINER_SPARSE_CODE_NUMBERS_H
#define TRAINER_SPARSE_CODE_NUMBERS_H

#include "trainer/sparse/sparse_model.h"

enum {
    CODE_ENERGY,     // E(y, z)
    CODE_ERROR,      // |y - D z|^2 / |y|^2; 0 of an image of zeros
    CODE_NONZERO,    // share of codes that are not 0
    CODE_GAP,        // relative duality gap; NaN where the penalty or the solver has none
    CODE_ITERATIONS, // of the solver
    CODE_ENCODER,    // energy of the encoder's code / E(y, z); NaN without an encoder
    CODE_NUMBERS
};

typedef struct code_numbers {
    double of[CODE_NUMBERS];
} code_numbers;

// Of image n of the batch, after sparse_model_infer(m, images).
code_numbers code_numbers_of(sparse_model *m, const float *images, int n);

// Adds to `means` (CODE_NUMBERS) what the batch's images bring to means over `all` images; what
// there is not counts as 0.
void code_numbers_add(sparse_model *m, const float *images, uint64_t all, float *means);

#endif
