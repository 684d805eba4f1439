// trainer/codes/dense_codes.h -- from a code to the image that a next layer is trained on.
//
//   code (K, h, w) ─ |.| ─> local contrast normalised over all atoms ─> averages of P x P places
//   ─> image (h / P, w / P, K)
//
// Each of the three is a choice.
//   source: Jarrett, Kavukcuoglu, Ranzato, LeCun 2009 (ICCV), "What is the best multi-stage
//   architecture for object recognition?", sec. 2: F_CSG - R_abs - N - P_A
#ifndef TRAINER_CODES_DENSE_CODES_H
#define TRAINER_CODES_DENSE_CODES_H

#include "base/arena.h"
#include "io/views/local_contrast.h"

typedef struct dense_choice {
    int64_t pool; // P; what does not fill a square of P x P is left out; 1 = none
    bool rectify, normalise;
} dense_choice;

typedef struct dense_codes {
    dense_choice choice;
    local_contrast contrast;
    int atoms, height, width; // of the code
    arena memory;
    float *planes, *mean, *divisor, *scratch;
} dense_codes;

// Errors: ST_USAGE a pool larger than the code; ST_INTERNAL no memory.
status dense_codes_create(dense_codes *d, const dense_choice *choice, int atoms, int height,
                          int width);

void dense_codes_destroy(dense_codes *d);

// Of the image.
int dense_codes_height(const dense_codes *d);
int dense_codes_width(const dense_codes *d);

// code (K, h, w) to image (h / P, w / P, K).
void dense_codes_make(dense_codes *d, const float *code, float *image);

#endif
