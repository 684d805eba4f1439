// models/kernels/singular_values.h -- singular values of a matrix (LAPACK).
#ifndef MODELS_KERNELS_SINGULAR_VALUES_H
#define MODELS_KERNELS_SINGULAR_VALUES_H

#include "base/status.h"

// The min(rows, columns) singular values of `matrix` (rows, columns; row-major, without gaps; it is
// overwritten), largest first, into `values`. Errors: ST_INTERNAL no memory, or LAPACK finds none
// (a value that is not finite).
status singular_values(float *matrix, int rows, int columns, float *values);

#endif
