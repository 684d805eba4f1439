// models/kernels/singular_values.h -- singular values of a matrix (LAPACK).
#ifndef MODELS_KERNELS_SINGULAR_VALUES_H
#define MODELS_KERNELS_SINGULAR_VALUES_H

#include "base/status.h"

#include <stddef.h>

// The min(rows, columns) singular values of `matrix` (rows, columns; row-major, without gaps; it is
// overwritten), largest first, into `values`. Errors: ST_INTERNAL no memory, or LAPACK finds none
// (a value that is not finite).
status singular_values(float *matrix, int rows, int columns, float *values);

// The same without allocating: scratch of so many bytes, aligned as malloc does. Errors: the
// latter.
size_t singular_values_scratch(int rows, int columns);
status singular_values_in(float *matrix, int rows, int columns, float *values, void *scratch);

#endif
