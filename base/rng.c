// base/rng.c -- Philox draws and the Feistel permutation built from them.
#include "base/rng.h"

#include "base/status.h"

#include <math.h>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

static void philox(uint64_t key, const uint32_t counter[4], uint32_t words[4])
{
    philox4x32_ctr_t c = {{counter[0], counter[1], counter[2], counter[3]}};
    philox4x32_key_t k = {{(uint32_t)key, (uint32_t)(key >> 32)}};
    philox4x32_ctr_t block = philox4x32(c, k);
    for (int i = 0; i < 4; i++)
        words[i] = block.v[i];
}

rng rng_open(uint64_t seed, rng_purpose purpose, uint32_t epoch, uint64_t sample, uint32_t view)
{
    ASSERT(sample < (1ull << 48) && view < 256);
    rng r = {.key = seed, .left = 0};
    r.counter[1] = epoch;
    r.counter[2] = (uint32_t)sample;
    r.counter[3] = (uint32_t)(sample >> 32) << 16 | (uint32_t)purpose << 8 | view;
    return r;
}

uint32_t rng_bits(rng *r)
{
    if (r->left == 0) {
        philox(r->key, r->counter, r->words);
        r->counter[0]++;
        r->left = 4;
    }
    return r->words[4 - r->left--];
}

float rng_uniform(rng *r)
{
    return (float)(rng_bits(r) >> 8) * 0x1p-24f;
}

float rng_range(rng *r, float low, float high)
{
    return low + (high - low) * rng_uniform(r);
}

uint32_t rng_below(rng *r, uint32_t bound)
{
    // Lemire: multiply, and reject the few values that would make the first results likelier.
    uint32_t threshold = (0u - bound) % bound;
    for (;;) {
        uint64_t product = (uint64_t)rng_bits(r) * bound;
        if ((uint32_t)product >= threshold) return (uint32_t)(product >> 32);
    }
}

float rng_normal(rng *r)
{
    double u = ((double)rng_bits(r) + 1.0) * 0x1p-32; // (0, 1]: the logarithm is finite
    double v = (double)rng_bits(r) * 0x1p-32;
    return (float)(sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v));
}

#define FEISTEL_ROUNDS 6

// One pass of a balanced Feistel network over 2 * half_bits bits.
static uint64_t feistel(uint64_t seed, uint32_t counter[4], unsigned half_bits, uint64_t value)
{
    uint32_t mask = (uint32_t)((1ull << half_bits) - 1);
    uint32_t left = (uint32_t)(value >> half_bits) & mask, right = (uint32_t)value & mask;
    for (uint32_t round = 0; round < FEISTEL_ROUNDS; round++) {
        uint32_t words[4];
        counter[0] = right;
        philox(seed ^ ((uint64_t)(round + 1) << 56), counter, words);
        uint32_t next = left ^ (words[0] & mask);
        left = right;
        right = next;
    }
    return (uint64_t)left << half_bits | right;
}

uint64_t permutation_at(uint64_t seed, rng_purpose purpose, uint32_t epoch, uint64_t which,
                        uint64_t count, uint64_t index)
{
    ASSERT(index < count && which < (1ull << 48));
    unsigned half_bits = 1;
    while (count > 1ull << (2 * half_bits))
        half_bits++;
    rng key = rng_open(seed, purpose, epoch, which, 255);
    uint64_t value = index;
    do
        value = feistel(seed, key.counter, half_bits, value);
    while (value >= count);
    return value;
}
