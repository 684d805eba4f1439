// models/kernels/dictionary/dictionary_layout.h -- where things lie in `packed` and `sums` of
// dictionary.h.
//
// With T = k * k * C taps of an atom, in the order (row u, column v, channel c) of an image:
//   packed  by tap:   (T, Kp), vectors over atoms, for dense analysis
//           by atom:  (K, Tp), Tp = T rounded up to LANES, vectors over taps, for dense synthesis
//           by row:   (K, rows, R), R = a row rounded up to LANES, for listed codes
//   sums    by tap, of all codes; and by row, of listed codes
// An atom has k rows of k * C taps; where it is as wide as the image (W = k: patches) it is one row
// of T, because its rows follow each other in the image too. What pads Kp, Tp and R is 0. Used
// inside models/kernels only.
#ifndef MODELS_KERNELS_DICTIONARY_DICTIONARY_LAYOUT_H
#define MODELS_KERNELS_DICTIONARY_DICTIONARY_LAYOUT_H

#include "models/kernels/dictionary/dictionary.h"
#include "models/kernels/lanes.h"

typedef struct dictionary_layout {
    size_t atoms, lanes_of_code;    // K, Kp
    size_t kernel, channels;        // k, C
    size_t taps, tap_floats;        // T, Tp
    size_t rows, row, row_floats;   // of an atom: rows, taps of one, R
    size_t code_rows, code_columns; // H - k + 1, W - k + 1
    size_t image_row;               // W * C
    size_t by_tap, by_atom, by_row; // where each part of `packed` begins
    size_t packed;                  // floats of it
    size_t row_sums, sums;          // where the sums by row begin; floats of both
} dictionary_layout;

dictionary_layout dictionary_layout_of(const dictionary_geometry *g);

// The sums by row, of the listed codes alone (models/kernels/dictionary/dictionary_active.c).
void dictionary_correlate_active(const dictionary_layout *l, const float *image, const float *code,
                                 const active_code *list, size_t count, float *row_sums);

#endif
