// trainer/sparse/sparse_atoms.h -- how the atoms of a sparse model learn from a step, where that is
// not left to the optimizer.
#ifndef TRAINER_SPARSE_SPARSE_ATOMS_H
#define TRAINER_SPARSE_SPARSE_ATOMS_H

#include "trainer/method.h"
#include "trainer/sparse/sparse_model.h"

// Moves the atoms as method.dictionary_step says, after the running statistics of step `s` are
// there; with dictionary_rate 0, not at all. Alike on all ranks.
void sparse_atoms_move(sparse_model *m, const method_step *s);

// New atoms, where `replaced` (K), know nothing of the old ones' gradients and codes.
void sparse_atoms_forget(sparse_model *m, const method_step *s, const bool *replaced);

#endif
