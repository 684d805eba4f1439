// models/kernels/blas_core.c -- whether OpenBLAS has taken the processor for an old one.
#include "models/kernels/blas_core.h"

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
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512cd") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512vl");
    if (getenv("OPENBLAS_CORETYPE") != NULL) return NULL;
    return blas_core_instead(openblas_get_corename(), avx2, avx512);
#else
    return NULL;
#endif
}
