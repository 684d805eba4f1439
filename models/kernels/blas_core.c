// models/kernels/blas_core.c -- whether OpenBLAS has taken the processor for an old one.
#include "models/kernels/blas_core.h"

#include "base/processor.h"

#include <cblas.h>

#include <stdlib.h>
#include <string.h>

const char *blas_core_instead(const char *core, bool avx2, bool avx512)
{
    if (strcmp(core, "Prescott") != 0) return NULL;
    if (avx512) return "SkylakeX";
    return avx2 ? "Haswell" : NULL;
}

const char *blas_core_wanted(void)
{
#ifdef __x86_64__
    bool avx2 = processor_lacks(PROCESSOR_AVX2) == NULL,
         avx512 = processor_lacks(PROCESSOR_AVX512) == NULL;
    if (getenv("OPENBLAS_CORETYPE") != NULL) return NULL;
    return blas_core_instead(openblas_get_corename(), avx2, avx512);
#else
    return NULL;
#endif
}
