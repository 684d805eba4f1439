// models/kernels/dictionary/dictionary_reference.h -- dictionary.h as plain loops: what the tests
// compare with.
//
// atoms, gradient (K, C, k, k) as they are; image and code as in dictionary.h. Sums in float64.
#ifndef MODELS_KERNELS_DICTIONARY_DICTIONARY_REFERENCE_H
#define MODELS_KERNELS_DICTIONARY_DICTIONARY_REFERENCE_H

#include "models/kernels/dictionary/dictionary.h"

// image = D code, overwritten.
void dictionary_reference_synthesise(const dictionary_geometry *g, const float *atoms,
                                     const float *code, float *image);
// code = D' image, overwritten.
void dictionary_reference_analyse(const dictionary_geometry *g, const float *atoms,
                                  const float *image, float *code);
// gradient[a][c][u] += scale * sum over q of code[q][a] image[q + u][c]
void dictionary_reference_correlate(const dictionary_geometry *g, const float *image,
                                    const float *code, float scale, float *gradient);

#endif
