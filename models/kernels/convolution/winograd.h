// models/kernels/convolution/winograd.h -- the parts of a 3 x 3 convolution by Winograd's F(4 x 4,
// 3 x 3).
//
// An image is cut in tiles of 4 x 4 outputs, each of which depends on 6 x 6 inputs d. With the
// transforms below, each for columns and then for rows,
//   y  = A^T [ (G w G^T) . (B^T d B) ] A        . = product of positions, summed over channels
//   dw = G^T [ (A dy A^T) . (B^T d B) ] G       summed over tiles; the adjoint of the first in w
// so 36 products take the place of 144. The interpolation points are 0, 1, -1, 1/2, -1/2 and
// infinity:
//   B^T = 1/4   0   -5/4   0    1   0      G =  4    0    0       A^T = 1  1   1   1    1   0
//          0  -1/4  -1/4   1    1   0          2/3  2/3  2/3            0  1  -1  1/2 -1/2  0
//          0   1/4  -1/4  -1    1   0          2/3 -2/3  2/3            0  1   1  1/4  1/4  0
//          0  -1/2   -1   1/2   1   0         -8/3 -4/3 -2/3            0  1  -1  1/8 -1/8  1
//          0   1/2   -1  -1/2   1   0         -8/3  4/3 -2/3
//          0   1/4    0  -5/4   0   1           0    0    1
// They cost half of what the most accurate points do (12 operations on two units instead of 12 on
// one) and round about twice as much: 3e-6 of the largest output.
//   source: Lavin, Gray 2016, Fast algorithms for convolutional neural networks
//
// Tiles go through the caches in strips. Of a strip, each position of a transform is a matrix
// (channel blocks, tiles, VECTOR); the products of a position are small matrix products. Images are
// in blocks of VECTOR too.
#ifndef MODELS_KERNELS_CONVOLUTION_WINOGRAD_H
#define MODELS_KERNELS_CONVOLUTION_WINOGRAD_H

#include "base/tensor.h"
#include "models/kernels/lanes.h"

#include <stdbool.h>

enum {
    WINOGRAD_OUT = 4,        // side of a tile of outputs
    WINOGRAD_IN = 6,         // side of the inputs it depends on
    WINOGRAD_POSITIONS = 36, // of a transformed tile
    WINOGRAD_STRIP = 8,      // tiles; more would fit less well with the weights of 64 channels
    WINOGRAD_PANEL = WINOGRAD_STRIP * VECTOR // floats of a channel block of a position
};

// A batch of images as tiles: numbered along rows, then down, then by image. Tiles at the lower and
// right border may reach beyond the image. A strip is of some channel blocks.
typedef struct winograd_tiles {
    shape image;
    bool bf16;                  // of bf16 numbers, else floats
    size_t down, across, count; // of one image; of the batch
    size_t first_block, blocks; // of channels
} winograd_tiles;

// With all channel blocks.
winograd_tiles winograd_cut(shape image, bool bf16);

// The same tiles of other channel blocks.
winograd_tiles winograd_some(const winograd_tiles *t, size_t first_block, size_t blocks);

// Some of the filters of weights (out, in, 3, 3): `ins` from input channel first_in on, and `outs`.
// Transformed they are (36, result blocks, channels, VECTOR), positions winograd_filter_step apart.
typedef struct winograd_filters {
    size_t in, out; // of all weights
    size_t first_in, ins, first_out, outs;
} winograd_filters;

winograd_filters winograd_all_filters(int in, int out);

// Floats from one position of a strip to the next. Not a power of two, so that the positions of a
// tile fall into different sets of the cache.
static inline size_t winograd_step(size_t channels)
{
    return (size_t)WINOGRAD_STRIP * channels + VECTOR;
}

// The same of filters.
static inline size_t winograd_filter_step(size_t ins, size_t outs)
{
    return ins * outs + VECTOR;
}

// Floats of a strip, and of filters, transformed; they end on 64 bytes.
size_t winograd_strip_floats(size_t channels);
size_t winograd_filters_floats(size_t ins, size_t outs);

// to = B^T d B of the tiles from `first` on; 0 for tiles beyond the last.
void winograd_read_inputs(const winograd_tiles *t, const void *images, size_t first, float *to);

// to = A d A^T of the 4 x 4 outputs (or their gradients) of the tiles; 0 for tiles beyond the last.
void winograd_read_outputs(const winograd_tiles *t, const void *images, size_t first, float *to);

// The 4 x 4 outputs A^T m A of the tiles, where they lie in the image.
void winograd_write_outputs(const winograd_tiles *t, const float *from, size_t first, void *images);

// Asks the memory for a part, of 36, of the pixels of the tiles from `first` on. Done between the
// products of one strip, the next strip's pixels come while they are computed.
void winograd_prefetch(const winograd_tiles *t, const void *images, size_t first, size_t part,
                       bool to_write);

// to (36, out blocks, ins, VECTOR) = G w G^T of weights (out, in, 3, 3).
void winograd_read_weights(const float *weights, const winograd_filters *f, float *to);

// to (36, in blocks, outs, VECTOR): the same weights turned by half a turn, from outputs to inputs:
// those of the convolution that is the adjoint.
void winograd_read_adjoint(const float *weights, const winograd_filters *f, float *to);

// to (all out blocks, all in, 3, 3, VECTOR) += G^T s G of sums s (36, out blocks, ins, VECTOR),
// where the filters lie.
void winograd_reduce_sums(const float *sums, const winograd_filters *f, float *to);

// dweights (out, in, 3, 3) += from (out blocks, in, 3, 3, VECTOR)
void winograd_add_weights(const float *from, int in, int out, float *dweights);

// Of one position: outputs (out blocks, tiles, VECTOR) = or, with `add`, += inputs (in blocks,
// tiles, VECTOR) times weights (out blocks, in, VECTOR).
void winograd_weigh(const float *inputs, const float *weights, size_t in_blocks, size_t out_blocks,
                    bool add, float *outputs);

// One position of several strips, which lie `step` floats apart.
typedef struct winograd_strips {
    const float *first;
    size_t step, count;
    size_t blocks;
} winograd_strips;

// Of one position: sums (out blocks, in, VECTOR) = or, with `add`, += over the tiles of as many
// strips, inputs times outputs.
void winograd_correlate(const winograd_strips *inputs, const winograd_strips *outputs, bool add,
                        float *sums);

#endif
