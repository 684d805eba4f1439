// models/kernels/symmetric_eigen.c -- LAPACK's divide and conquer, from OpenBLAS.
#include "models/kernels/symmetric_eigen.h"

#include <stdbool.h>
#include <stdlib.h>

// OpenBLAS holds LAPACK, but its headers need not declare it. The last two arguments are the
// lengths of jobz and uplo, which Fortran passes.
// NOLINTNEXTLINE(readability-function-size): the parameters are those of LAPACK
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             size_t jobz_length, size_t uplo_length);

typedef struct workspace {
    double *floats;
    int *whole;
    int float_count, whole_count;
} workspace;

// Row by row, a symmetric matrix's upper triangle is the lower of column by column, and LAPACK's
// eigenvectors, one a column, are then one a row.
static int decompose(double *matrix, int size, double *values, workspace *w)
{
    int info = 0;
    dsyevd_("V", "L", &size, matrix, &size, values, w->floats, &w->float_count, w->whole,
            &w->whole_count, &info, 1, 1);
    return info;
}

status symmetric_eigen(double *matrix, int size, double *values)
{
    ASSERT(size > 0);
    double floats = 0;
    int whole = 0;
    workspace w = {&floats, &whole, -1, -1};
    int info = decompose(matrix, size, values, &w); // asks for the sizes
    w.float_count = (int)floats;
    w.whole_count = whole;
    w.floats = malloc((size_t)w.float_count * sizeof *w.floats);
    w.whole = malloc((size_t)w.whole_count * sizeof *w.whole);
    bool held = w.floats != NULL && w.whole != NULL;
    if (held) info = decompose(matrix, size, values, &w);
    free(w.floats);
    free(w.whole);
    CHECK(held, ST_INTERNAL, "no memory for the eigenvectors of %d x %d", size, size);
    CHECK(info == 0, ST_INTERNAL, "no eigenvectors of a %d x %d matrix: LAPACK says %d", size, size,
          info);
    return ST_OK;
}
