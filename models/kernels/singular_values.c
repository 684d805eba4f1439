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

static size_t smaller(int rows, int columns)
{
    return (size_t)(rows < columns ? rows : columns);
}

// Floats that LAPACK wants to work with.
static int work_floats(int rows, int columns)
{
    float wanted = 0, none = 0;
    int whole = 0;
    (void)decompose(&none, rows, columns, &none, &wanted, -1, &whole); // asks for the size
    // A float may have lost the last digits of the size: a little more is always right.
    return (int)(wanted * 1.0001f) + 64;
}

static size_t whole_bytes(int rows, int columns)
{
    return 8 * smaller(rows, columns) * sizeof(int); // as LAPACK asks
}

size_t singular_values_scratch(int rows, int columns)
{
    return whole_bytes(rows, columns) + (size_t)work_floats(rows, columns) * sizeof(float);
}

status singular_values_in(float *matrix, int rows, int columns, float *values, void *scratch)
{
    ASSERT(rows > 0 && columns > 0);
    float *work = (float *)(void *)((char *)scratch + whole_bytes(rows, columns));
    int info = decompose(matrix, rows, columns, values, work, work_floats(rows, columns), scratch);
    CHECK(info == 0, ST_INTERNAL, "no singular values of a %d x %d matrix: LAPACK says %d", rows,
          columns, info);
    return ST_OK;
}

status singular_values(float *matrix, int rows, int columns, float *values)
{
    void *scratch = malloc(singular_values_scratch(rows, columns));
    CHECK(scratch != NULL, ST_INTERNAL, "no memory for the singular values of %d x %d", rows,
          columns);
    status s = singular_values_in(matrix, rows, columns, values, scratch);
    free(scratch);
    return s;
}
