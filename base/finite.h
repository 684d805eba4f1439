// base/finite.h -- whether numbers are numbers.
#ifndef BASE_FINITE_H
#define BASE_FINITE_H

#include <stdbool.h>
#include <stddef.h>

// False when one of `count` floats is NaN or infinite.
bool floats_finite(const float *values, size_t count);

#endif
