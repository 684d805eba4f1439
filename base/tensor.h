// base/tensor.h -- a shape and a view of float32 memory that somebody else owns.
//
// Everything in a graph has four sizes: samples, channels, height, width. A vector of features is
// (samples, channels, 1, 1). Layout of the memory:
//   block == 1   samples, channels, height, width               ("nchw")
//   block == 16  samples, channels/16, height, width, 16        ("nChw16c", what AVX-512 likes)
//   block == 8   the same with 8                                ("nChw8c", AVX2)
// A tensor with height == width == 1 is the same memory in every layout.
#ifndef BASE_TENSOR_H
#define BASE_TENSOR_H

#include <stddef.h>

typedef struct shape {
    int n, c, h, w; // samples, channels, height, width
} shape;

typedef struct tensor {
    shape shape;
    int block;   // 1, 8 or 16; divides the channels
    float *data; // not owned
} tensor;

static inline size_t shape_count(shape s)
{
    return (size_t)s.n * (size_t)s.c * (size_t)s.h * (size_t)s.w;
}

#endif
