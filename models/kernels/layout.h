// models/kernels/layout.h -- between the layouts of base/tensor.h.
#ifndef MODELS_KERNELS_LAYOUT_H
#define MODELS_KERNELS_LAYOUT_H

#include "base/tensor.h"

// (n, c/block, h, w, block) -> (n, c, h, w). `block` divides the channels; no overlap.
void layout_to_plain(shape s, int block, const float *blocked, float *plain);

// (n, c, h, w) -> (n, c/block, h, w, block).
void layout_from_plain(shape s, int block, const float *plain, float *blocked);

#endif
