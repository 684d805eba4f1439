// models/kernels/dictionary_layout.h -- where things lie in `packed` and `sums` of dictionary.h.
//
// With T = k * k * C taps of an atom, in the order (row u, column v, channel c) of an image:
//   packed  by tap:   (T, Kp), vectors over atoms, for dense analysis
//           by atom:  (K, Tp), Tp = T rounded up to LANES, vectors over taps, for dense synthesis
//           by row:   (K, k, R), R = k * C rounded up to LANES, rows of an atom, for listed codes
//   sums    by tap, of all codes; and by row, of listed codes
// What pads Kp, Tp and R is 0. Used inside models/kernels only.
#ifndef MODELS_KERNELS_DICTIONARY_LAYOUT_H
#define MODELS_KERNELS_DICTIONARY_LAYOUT_H

#include "models/kernels/dictionary.h"
#include "models/kernels/lanes.h"

typedef struct dictionary_layout {
    size_t atoms, lanes_of_code;    // K, Kp
    size_t kernel, row, row_floats; // k, k * C, R
    size_t taps, tap_floats;        // T, Tp
    size_t code_rows, code_columns; // H - k + 1, W - k + 1
    size_t channels, image_row;     // C, W * C
    size_t by_tap, by_atom, by_row; // where each part of `packed` begins
    size_t packed;                  // floats of it
    size_t row_sums, sums;          // where the sums by row begin; floats of both
} dictionary_layout;

dictionary_layout dictionary_layout_of(const dictionary_geometry *g);

// The sums by row, of the listed codes alone (models/kernels/dictionary_active.c).
void dictionary_correlate_active(const dictionary_layout *l, const float *image, const float *code,
                                 const active_code *list, size_t count, float *row_sums);

#endif
