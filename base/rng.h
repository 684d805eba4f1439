// base/rng.h -- random numbers as a pure function of who asks (Philox 4x32-10, Random123).
//
// A draw is keyed by (seed, purpose, epoch, sample, view, index). No generator has a state that
// outlives the sample it was opened for, so no result depends on threads, ranks or what was drawn
// before. `rng` is a cursor: open it where you need it, draw, forget it.
//   source: Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3 (SC'11)
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

// Never renumber: the numbers are part of every result ever made.
typedef enum rng_purpose {
    RNG_WEIGHTS = 1, // initial weights; sample = index of the parameter tensor
    RNG_ORDER = 2,   // order of samples in an epoch
    RNG_SHUFFLE = 3, // permutation of keys among workers; sample = step
    RNG_AUGMENT = 4, // one view of one sample
    RNG_QUEUE = 5,   // initial negatives
    RNG_SYNTH = 6,   // synthetic data sets
    RNG_TEST = 7,
    RNG_NOISE = 8 // inputs of a model; epoch = step, sample = position in the batch
} rng_purpose;

typedef struct rng {
    uint64_t key;
    uint32_t counter[4]; // {block, epoch, sample low, sample high | purpose | view}
    uint32_t words[4];   // the current block
    int left;            // words of it not yet drawn
} rng;

// sample < 2^48, view < 256.
rng rng_open(uint64_t seed, rng_purpose purpose, uint32_t epoch, uint64_t sample, uint32_t view);

uint32_t rng_bits(rng *r);                      // 32 random bits
float rng_uniform(rng *r);                      // [0, 1), 24 bits
float rng_range(rng *r, float low, float high); // [low, high)
uint32_t rng_below(rng *r, uint32_t bound);     // 0 .. bound-1, without bias; bound > 0
float rng_normal(rng *r);                       // mean 0, variance 1 (Box-Muller, two draws each)

// Many normal numbers, ten times faster: from the next block on, 16 blocks give a group of 64
// numbers, and what a last group has too many is dropped. Of words (u, v, u', v') of block i,
// numbers i, 16 + i, 32 + i, 48 + i are r cos a, r sin a, r' cos a', r' sin a', with r = sqrt(-2
// ln((u + 1) / 2^32)), a = 2 pi v / 2^32, in float32 arithmetic.
#define RNG_NORMALS_GROUP 64
void rng_normals(rng *r, float *to, size_t count);

// Item `index` of a permutation of 0 .. count-1 that (seed, purpose, epoch, which) names: a Feistel
// network over the next power of four, walked until it falls inside. No list, no memory.
//   source: Black & Rogaway: Ciphers with arbitrary finite domains (2002), cycle walking
uint64_t permutation_at(uint64_t seed, rng_purpose purpose, uint32_t epoch, uint64_t which,
                        uint64_t count, uint64_t index);

#endif
