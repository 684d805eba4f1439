// models/kernels/matmul.h -- the product of two matrices (OpenBLAS).
#ifndef MODELS_KERNELS_MATMUL_H
#define MODELS_KERNELS_MATMUL_H

#include <stdbool.h>

// c = alpha A B + beta c, all row-major and without gaps between rows.
//   A (m, k) is a (m, k), or the transpose of a (k, m);  B (k, n) is b (k, n), or of b (n, k)
//   c (m, n) overlaps neither; with beta == 0 it is written without being read.
void matmul(bool transpose_a, bool transpose_b, int m, int n, int k, float alpha, const float *a,
            const float *b, float beta, float *c); // NOLINT(readability-function-size): BLAS's own

#endif
