// models/codes/code_products.h -- online dictionary learning: what all codes so far have to say
// about the atoms, as two sums, and the step that makes the atoms fit them.
//
//   A[a][b][d]    = sum over q of z_a(q) z_b(q + d), for places d at which atoms overlap
//   B[a][c][u]    = sum over q of z_a(q) y_c(q + u)
//   1/2 |y - D z|^2 = 1/2 |y|^2 - <B, D> + 1/2 <D, A * D>,  exact while atoms lie wholly inside
//   source: Mairal, Bach, Ponce & Sapiro 2009 (ICML, "Online dictionary learning for sparse
//   coding") alg. 1 and 2; convolutional: Wang et al. 2018 (arXiv 1706.09563) eq. 8
//
// A[b][a][-d] = A[a][b][d], so only the places d >= 0 in the order of rows are stored, (0, 0)
// first.
#ifndef MODELS_CODES_CODE_PRODUCTS_H
#define MODELS_CODES_CODE_PRODUCTS_H

#include "models/kernels/dictionary/dictionary.h"

// One code that is not 0; places in the order of rows.
typedef struct placed_code {
    int row, column, atom;
    float value;
} placed_code;

// Stored places d of each pair of atoms: A is (K, K, places).
int code_products_places(const dictionary_geometry *g);

// A += and B += of one image, planes (C, H, W), and its codes (K, h, w). list: room for K h w.
void code_products_add(const dictionary_geometry *g, const float *codes, const float *image,
                       placed_code *list, float *a, float *b);

// Of an atom that starts anew no code says anything yet.
void code_products_forget(const dictionary_geometry *g, int atom, float *a, float *b);

// One round of block coordinate descent: each atom in turn takes `share` (1: all) of a step to
// where A and B have it, the others given, and comes back to length 1. At a share of 1 or less, 1/2
// <D, A * D> - <B, D> never rises. pull: room for an atom.
void code_products_descend(const dictionary_geometry *g, const float *a, const float *b,
                           double share, float *pull, float *atoms);

#endif
