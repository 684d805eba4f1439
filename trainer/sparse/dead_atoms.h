// trainer/sparse/dead_atoms.h -- atoms that no code uses any more get a new start from what is
// explained worst: the patch with the largest residual of each image, the worst first.
//
// The patches of all workers are gathered in the order of batch positions, so every rank makes the
// same choice. As in DiCoDiLe (Moreau & Gramfort 2020), which takes the patch of largest error.
#ifndef TRAINER_SPARSE_DEAD_ATOMS_H
#define TRAINER_SPARSE_DEAD_ATOMS_H

#include "base/arena.h"
#include "trainer/method.h"

// Below this share of the mean activity an atom is dead. (Not of the median: most may be dead.)
#define DEAD_SHARE 1e-3

typedef struct dead_atoms {
    int atoms, channels, kernel;
    size_t samples;        // samples of all workers
    float *rows;           // (samples, 1 + C k k): energy of the patch, then the patch
    const float **ranking; // (samples) rows, worst explained first
    arena memory;
} dead_atoms;

// Errors: ST_INTERNAL no memory.
status dead_atoms_create(dead_atoms *d, int atoms, int channels, int kernel, size_t samples);
void dead_atoms_destroy(dead_atoms *d);

// How many of the K activities (means of |z|) are not dead.
int dead_atoms_alive(const dead_atoms *d, const float *activity);

// Keeps the worst patch of the sample at batch position `position`; residual (C, height, width).
void dead_atoms_note(dead_atoms *d, size_t position, const float *residual, int height, int width);

// Collective. After dead_atoms_note for all own positions, which are first .. first + count - 1, of
// every rank as many. Replaces dead atoms (K, C, k, k) by patches of length 1 and their activity by
// the mean; replaced (K) tells which. Patches of zeros are not used.
void dead_atoms_replace(dead_atoms *d, const world *w, size_t first, size_t count, float *atoms,
                        float *activity, bool *replaced);

#endif
