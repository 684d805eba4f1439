// models/kernels/blas_core.h -- for which processor OpenBLAS computes.
//
// OpenBLAS chooses its kernels when it is loaded, from a table of processors. One that is newer
// than the library is taken for the oldest of x86-64, "Prescott", whose kernels are a third to a
// sixth as fast. OPENBLAS_CORETYPE in the environment decides instead, but only before the library
// is loaded.
#ifndef MODELS_KERNELS_BLAS_CORE_H
#define MODELS_KERNELS_BLAS_CORE_H

#include <stdbool.h>

// The core type to ask for on a processor with these instructions, when OpenBLAS has chosen `core`;
// NULL: as it is. Static text.
const char *blas_core_instead(const char *core, bool avx2, bool avx512);

// The same for this process. NULL too when OPENBLAS_CORETYPE is set, which is its user's will.
const char *blas_core_wanted(void);

#endif
