// models/kernels/matmul.c -- the product of two matrices; OpenBLAS behind our own signature.
#include "models/kernels/matmul.h"

#include <cblas.h>

// NOLINTNEXTLINE(readability-function-size): the parameters are those of BLAS
void matmul(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a,
            const float *b, float beta, float *c)
{
    cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans,
                transpose_b ? CblasTrans : CblasNoTrans, m, n, k, alpha, a, transpose_a ? m : k, b,
                transpose_b ? k : n, beta, c, n);
}
