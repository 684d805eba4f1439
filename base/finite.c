// base/finite.c -- looks at the bits, for a plain comparison of floats is not compiled to vectors.
#include "base/finite.h"

#include <stdint.h>
#include <string.h>

enum { BLOCK = 4096 }; // floats; a bad one ends the search after its block

// All of a block at once, so that the compiler takes many side by side.
static bool block_finite(const float *values, size_t count)
{
    const uint32_t exponent = 0x7f800000u; // all ones: NaN or infinite
    uint32_t bad = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &values[i], sizeof bits);
        bad |= (bits & exponent) == exponent;
    }
    return bad == 0;
}

bool floats_finite(const float *values, size_t count)
{
    for (; count > BLOCK; values += BLOCK, count -= BLOCK)
        if (!block_finite(values, BLOCK)) return false;
    return block_finite(values, count);
}
