// tests/models/random_floats.h -- arrays of normal numbers.
#ifndef TESTS_MODELS_RANDOM_FLOATS_H
#define TESTS_MODELS_RANDOM_FLOATS_H

#include "base/rng.h"
#include "tests/check.h"

#include <stdlib.h>

// `count` numbers, always the same for the same `which`; the caller's to free.
static inline float *random_floats(size_t count, uint64_t which)
{
    float *x = calloc(count + 1, sizeof *x);
    assert_non_null(x);
    rng r = rng_open(5, RNG_TEST, 0, which, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_normal(&r);
    return x;
}

#endif
