// trainer/sparse/reseeding.h -- every so many steps the dead atoms of a sparse model start anew
// (trainer/sparse/dead_atoms.h), and nothing remembers the old ones.
#ifndef TRAINER_SPARSE_RESEEDING_H
#define TRAINER_SPARSE_RESEEDING_H

#include "trainer/sparse/dead_atoms.h"
#include "trainer/sparse/sparse_model.h"

typedef struct reseeding {
    sparse_model *model; // not owned
    dead_atoms dead;
    arena memory;
    float *residual; // (C, H, W)
    bool *replaced;  // (K)
} reseeding;

// samples: of all workers in a step. Destroy it also after an error. Errors: ST_INTERNAL no memory.
status reseeding_create(reseeding *r, sparse_model *m, size_t samples);
void reseeding_destroy(reseeding *r);

// Is step `step` (from 0) one of those?
bool reseeding_is_due(const reseeding *r, uint64_t step);

// Notes what the codes just found leave of the images, which stand at batch positions first ...
void reseeding_note(reseeding *r, const float *images, uint64_t first);

// Collective. After reseeding_note of all own positions, first .. first + count - 1.
void reseeding_replace(reseeding *r, const method_step *s, const world *w, size_t first,
                       size_t count);

// Atoms in use.
int reseeding_alive(const reseeding *r);

#endif
