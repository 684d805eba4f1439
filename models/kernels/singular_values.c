// models/kernels/singular_values.c -- LAPACK's divide and conquer without vectors, from OpenBLAS.
#include "models/kernels/singular_values.h"

#include <stdbool.h>
#include <stdlib.h>

// OpenBLAS holds LAPACK, but its headers need not declare it. Matrices are column-major; the last
// argument is the length of jobz, which Fortran passes.
// NOLINTNEXTLINE(readability-function-size): the parameters are those of LAPACK
void sgesdd_(const char *jobz, const int *m, const int *n, float *a, const int *lda, float *s,
             float *u, const int *ldu, float *vt, const int *ldvt, float *work, const int *lwork,
             int *iwork, int *info, size_t jobz_length);

// Row-major (rows, columns) is column-major (columns, rows), whose singular values are the same.
static int decompose(float *matrix, int rows, int columns, float *values, float *work, int floats,
                     int *whole)
{
    int info = 0, one = 1;
    float none = 0;
    sgesdd_("N", &columns, &rows, matrix, &columns, values, &none, &one, &none, &one, work, &floats,
            whole, &info, 1);
    return info;
}

status singular_values(float *matrix, int rows, int columns, float *values)
{
    ASSERT(rows > 0 && columns > 0);
    size_t smaller = (size_t)(rows < columns ? rows : columns);
    int *whole = malloc(8 * smaller * sizeof *whole); // as LAPACK asks
    CHECK(whole != NULL, ST_INTERNAL, "no memory for the singular values of %d x %d", rows,
          columns);
    float wanted = 0;
    int info = decompose(matrix, rows, columns, values, &wanted, -1, whole); // asks for the size
    // A float may have lost the last digits of the size: a little more is always right.
    int floats = (int)(wanted * 1.0001f) + 64;
    float *work = malloc((size_t)floats * sizeof *work);
    if (work != NULL) info = decompose(matrix, rows, columns, values, work, floats, whole);
    bool held = work != NULL;
    free(work);
    free(whole);
    CHECK(held, ST_INTERNAL, "no memory for the singular values of %d x %d", rows, columns);
    CHECK(info == 0, ST_INTERNAL, "no singular values of a %d x %d matrix: LAPACK says %d", rows,
          columns, info);
    return ST_OK;
}
