// models/codes/code_layout.h -- how the codes of an image lie over it: borders, and changes of
// layout.
//
//   full  every atom lies wholly inside the image: (H - k + 1, W - k + 1) codes. The image's edge
//         is covered by fewer atoms. Patches are this with k = H = W.
//   same  a code at every pixel, its atom centred there: (H, W) codes, k odd
//   free  every atom that touches the image: (H + k - 1, W + k - 1) codes, so that each pixel is
//         covered by k * k places of every atom
//
// same and free are full on an image with a margin of (k - 1) / 2 and k - 1 pixels; what an atom
// leaves in the margin does not count, so the residual is 0 there.
#ifndef MODELS_CODES_CODE_LAYOUT_H
#define MODELS_CODES_CODE_LAYOUT_H

#include "base/status.h"
#include "models/kernels/dictionary/dictionary.h"

#define CODE_BORDERS "full|same|free"

typedef struct code_layout {
    dictionary_geometry geometry; // of the image with its margin
    int margin;                   // pixels on each side
    int height, width;            // of the codes
} code_layout;

// Of `atoms` atoms of kernel x kernel pixels on images of channels x height x width. `border`: one
// of CODE_BORDERS. Errors: ST_CONFIG an atom larger than the image, an even kernel with same, or
// more codes than an int32_t counts.
status code_layout_plan(code_layout *l, int atoms, int kernel, const char *border, int channels,
                        int height, int width);

// Floats of the planes of one image (C, H, W), without margin, and of one code (K, h, w).
size_t code_layout_pixels(const code_layout *l);
size_t code_layout_codes(const code_layout *l);

// Planes (C, H, W) to an image array with a margin of zeros, and back without the margin.
void code_layout_pack_image(const code_layout *l, const float *planes, float *image);
void code_layout_unpack_image(const code_layout *l, const float *image, float *planes);

// Code planes (K, h, w) to a code array, and back.
void code_layout_pack_code(const code_layout *l, const float *planes, float *code);
void code_layout_unpack_code(const code_layout *l, const float *code, float *planes);

// Sets the margin of an image array to 0.
void code_layout_clear_margin(const code_layout *l, float *image);

// The weights of the residual as an image array: 1 inside, 0 in the margin.
void code_layout_mask(const code_layout *l, float *mask);

#endif
