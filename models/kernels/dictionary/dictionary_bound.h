// models/kernels/dictionary/dictionary_bound.h -- how much a dictionary can stretch a code: the L
// of 1/L steps.
#ifndef MODELS_KERNELS_DICTIONARY_DICTIONARY_BOUND_H
#define MODELS_KERNELS_DICTIONARY_DICTIONARY_BOUND_H

#include "base/status.h"
#include "models/kernels/dictionary/dictionary.h"

// *bound >= the largest eigenvalue of D'D, for atoms (K, C, k, k).
//
// On an image taken as periodic, D'D falls into one small matrix for each frequency w of the (H, W)
// grid, and its largest eigenvalue is the largest of
//   sum over a of d^_a(w) d^_a(w)^H     (C x C; d^_a = Fourier transform of atom a, zero-padded)
// The codes of dictionary.h are some of the periodic ones, so this bounds them; the larger the
// image, the closer. (The blocks: Bristow, Eriksson, Lucey, "Fast convolutional sparse coding",
// CVPR 2013.) With one position it is the largest singular value of the K x d matrix, squared: no
// bound but the value. Raised by 1e-5 for rounding. The same bits for the same atoms.
//
// Takes 1.3 ms for 64 atoms of 9 x 9 x 3 and 32 x 32. Allocates.
// Errors: ST_DIVERGED an atom is not finite; ST_INTERNAL no memory, or LAPACK fails.
status dictionary_bound(const dictionary_geometry *g, const float *atoms, double *bound);

// The same without allocating: scratch of so many bytes, aligned as malloc does.
size_t dictionary_bound_scratch(const dictionary_geometry *g);
status dictionary_bound_in(const dictionary_geometry *g, const float *atoms, void *scratch,
                           double *bound);

#endif
