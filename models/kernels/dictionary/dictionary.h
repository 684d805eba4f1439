// models/kernels/dictionary/dictionary.h -- a convolutional dictionary on one image: D z, its exact
// adjoint D' r, and the gradient of the atoms.
//
//   (D z)[p][c]  = sum over q, a, u with q + u = p  of  d[a][c][u] z[q][a]
//   (D' r)[q][a] = sum over u, c  of  d[a][c][u] r[q + u][c]
//
// p, q, u are pairs (row, column); d (K, C, k, k) as a convolution's weights. A code at q lays its
// atom with the upper left corner at pixel q, and every atom lies wholly inside the image: the code
// has (H - k + 1, W - k + 1) positions. Other borders are this one on an image with a margin (see
// models/dictionary.h). A dictionary of patches is the case k = H = W with one position.
//
// Memory is laid out for vectors over atoms (dense) or over the pixels of an atom's row (sparse):
//   image  (H, W, C), and LANES floats behind it that are read and written, but do not count
//   code   (positions, Kp), Kp = K rounded up to LANES; the lanes beyond K are 0 and stay so
// All are local and allocate nothing; equal input gives equal bits, whatever its alignment (arrays
// on a boundary of 64 bytes are faster).
//
// Speed on one core of a Zen 4 (peak 114 GFLOP/s) for 32 or 64 atoms of 9 x 9: 63 to 114 GFLOP/s on
// all codes; a listed code takes 9, 13, 11 ns of analysis, synthesis and correlation with one
// channel, 16, 19, 20 ns with three. So the list wins where fewer than about 13 % (one channel) or
// 22 % (three) of the codes are not 0. More in docs/measurements/2026-11-results.md.
#ifndef MODELS_KERNELS_DICTIONARY_DICTIONARY_H
#define MODELS_KERNELS_DICTIONARY_DICTIONARY_H

#include <stddef.h>
#include <stdint.h>

typedef struct dictionary_geometry {
    int atoms, channels, kernel; // K, C, k
    int height, width;           // H, W of the image, margins included
} dictionary_geometry;

// One place of a code that may differ from 0.
typedef struct active_code {
    int32_t at;     // index in the code array
    int32_t corner; // index in the image array of the atom's upper left corner
    int32_t atom;
} active_code;

int dictionary_lanes(const dictionary_geometry *g);           // Kp
size_t dictionary_positions(const dictionary_geometry *g);    // (H - k + 1)(W - k + 1)
size_t dictionary_code_floats(const dictionary_geometry *g);  // of a code array
size_t dictionary_image_floats(const dictionary_geometry *g); // of an image array, with the slack
size_t dictionary_packed_floats(const dictionary_geometry *g);

// atoms (K, C, k, k) into the layouts of the functions below; again after every change.
void dictionary_pack(const dictionary_geometry *g, const float *atoms, float *packed);

// image = D code, overwritten.
void dictionary_synthesise(const dictionary_geometry *g, const float *packed, const float *code,
                           float *image);
// code = D' image, overwritten.
void dictionary_analyse(const dictionary_geometry *g, const float *packed, const float *image,
                        float *code);

// Lists the codes that are not 0, in the order of the array; returns how many. `list` has room for
// all positions times K.
size_t dictionary_list_nonzero(const dictionary_geometry *g, const float *code, active_code *list);

// The same as synthesise when only the listed codes differ from 0.
void dictionary_synthesise_active(const dictionary_geometry *g, const float *packed,
                                  const float *code, const active_code *list, size_t count,
                                  float *image);
// Sets the listed codes alone to their values in D' image.
void dictionary_analyse_active(const dictionary_geometry *g, const float *packed,
                               const float *image, const active_code *list, size_t count,
                               float *code);

// Adds to sums, of the listed codes or of all (list == NULL):
//   sum over q of code[q][a] image[q + u][c]
// that is, minus the gradient of 1/2 |y - D z|^2 by the atoms when image = y - D z. sums has
// dictionary_sum_floats floats in a layout of its own, zeroed by the caller before a batch.
size_t dictionary_sum_floats(const dictionary_geometry *g);
void dictionary_correlate(const dictionary_geometry *g, const float *image, const float *code,
                          const active_code *list, size_t count, float *sums);
// gradient (K, C, k, k) += scale * sums
void dictionary_add_sums(const dictionary_geometry *g, const float *sums, float scale,
                         float *gradient);

#endif
