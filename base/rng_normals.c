// base/rng_normals.c -- normal numbers in groups: blocks of Philox and Box-Muller side by side, in
// loops that the compiler makes vectors of. No library function but the root, so the same bits on
// every machine of one compiler.
//   -ln u: u = 2^e m, ln m = 2 artanh s = 2 (s + s^3 / 3 + ...), s = (m - 1) / (m + 1), |s| < 0.172
//   sin 2 pi x, |x| <= 1/4: its Taylor series to x^13; cosine and sine of any angle by symmetry
#include "base/rng.h"

#include <math.h>
#include <string.h>
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wundef"
#include <Random123/philox.h>
#pragma GCC diagnostic pop

#define BLOCKS ((size_t)16) // side by side

// One round of philox4x32 on BLOCKS counters; x[i] holds word i of each.
static inline void philox_round(uint32_t x[4][BLOCKS], uint32_t key_low, uint32_t key_high)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        uint64_t a = (uint64_t)PHILOX_M4x32_0 * x[0][i], b = (uint64_t)PHILOX_M4x32_1 * x[2][i];
        uint32_t next = (uint32_t)(b >> 32) ^ x[1][i] ^ key_low;
        x[2][i] = (uint32_t)(a >> 32) ^ x[3][i] ^ key_high;
        x[0][i] = next;
        x[1][i] = (uint32_t)b;
        x[3][i] = (uint32_t)a;
    }
}

// The next BLOCKS blocks of r.
static inline void draw_blocks(rng *r, uint32_t x[4][BLOCKS])
{
    uint32_t low = (uint32_t)r->key, high = (uint32_t)(r->key >> 32);
    for (uint32_t i = 0; i < BLOCKS; i++) {
        x[0][i] = r->counter[0] + i;
        for (size_t word = 1; word < 4; word++)
            x[word][i] = r->counter[word];
    }
    for (int round = 0; round < 10; round++) {
        philox_round(x, low, high);
        low += PHILOX_W32_0;
        high += PHILOX_W32_1;
    }
    r->counter[0] += (uint32_t)BLOCKS;
}

// -ln((word + 1) / 2^32)
static inline float minus_log(uint32_t word)
{
    float u = ((float)word + 1.0f) * 0x1p-32f;
    int32_t bits;
    memcpy(&bits, &u, sizeof bits);
    int32_t exponent = (bits - 0x3f3504f3) >> 23; // so that m is in sqrt(1/2) .. sqrt(2)
    bits -= exponent * (1 << 23);
    float m;
    memcpy(&m, &bits, sizeof m);
    float s = (m - 1.0f) / (m + 1.0f), t = s * s;
    float series = 1.0f + t * (1.0f / 3 + t * (1.0f / 5 + t * (1.0f / 7 + t * (1.0f / 9))));
    return -0.693147181f * (float)exponent - 2.0f * s * series;
}

// sin(2 pi x); coefficients (2 pi)^n / n!
static inline float sine_of_turns(float x)
{
    float t = x * x;
    return x * (6.28318531f +
                t * (-41.3417022f +
                     t * (81.6052493f +
                          t * (-76.7058597f +
                               t * (42.0586940f + t * (-15.0946426f + t * 3.81995258f))))));
}

// Two numbers of each pair of words: a radius and an angle.
static inline void box_muller(const uint32_t *u, const uint32_t *v, float *cosines, float *sines)
{
    for (size_t i = 0; i < BLOCKS; i++) {
        float radius = sqrtf(2.0f * minus_log(u[i]));
        float turns = (float)(int32_t)v[i] * 0x1p-32f; // -1/2 .. 1/2
        float beyond = (turns < 0.0f ? -turns : turns) - 0.25f;
        float within = 0.25f - (beyond < 0.0f ? -beyond : beyond);
        cosines[i] = radius * -sine_of_turns(beyond);
        sines[i] = radius * sine_of_turns(turns < 0.0f ? -within : within);
    }
}

void rng_normals(rng *r, float *to, size_t count)
{
    r->left = 0;
    while (count > 0) {
        uint32_t x[4][BLOCKS];
        float group[RNG_NORMALS_GROUP];
        size_t part = count < RNG_NORMALS_GROUP ? count : RNG_NORMALS_GROUP;
        draw_blocks(r, x);
        box_muller(x[0], x[1], group, group + BLOCKS);
        box_muller(x[2], x[3], group + 2 * BLOCKS, group + 3 * BLOCKS);
        memcpy(to, group, part * sizeof *to);
        to += part;
        count -= part;
    }
}
