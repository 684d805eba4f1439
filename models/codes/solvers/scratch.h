// models/codes/solvers/scratch.h -- a solver's scratch, cut into arrays of floats.
#ifndef MODELS_CODES_SOLVERS_SCRATCH_H
#define MODELS_CODES_SOLVERS_SCRATCH_H

#include <stddef.h>

// The next `count` floats; *from moves behind them.
static inline float *scratch_take(float **from, size_t count)
{
    float *start = *from;
    *from += count;
    return start;
}

#endif
