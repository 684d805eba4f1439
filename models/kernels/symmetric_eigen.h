// models/kernels/symmetric_eigen.h -- eigenvalues and eigenvectors of a symmetric matrix (LAPACK).
#ifndef MODELS_KERNELS_SYMMETRIC_EIGEN_H
#define MODELS_KERNELS_SYMMETRIC_EIGEN_H

#include "base/status.h"

// matrix (size, size) becomes its unit eigenvectors, one a row; values (size) their eigenvalues,
// least first. Only the upper triangle is read. Errors: ST_INTERNAL no memory, or LAPACK finds none
// (a value that is not finite).
status symmetric_eigen(double *matrix, int size, double *values);

#endif
