// models/graph/tensor_bytes.h -- sizes of tensors of floats or bf16 numbers, and places within
// them.
#ifndef MODELS_GRAPH_TENSOR_BYTES_H
#define MODELS_GRAPH_TENSOR_BYTES_H

#include "base/tensor.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes of a tensor.
static inline size_t tensor_bytes(shape s, bool bf16)
{
    return shape_count(s) * (bf16 ? sizeof(uint16_t) : sizeof(float));
}

// `bytes` behind a view; NULL stays NULL.
static inline void *advance(void *view, size_t bytes)
{
    return view == NULL ? NULL : (unsigned char *)view + bytes;
}

static inline const void *advance_read(const void *view, size_t bytes)
{
    return view == NULL ? NULL : (const unsigned char *)view + bytes;
}

static inline bool shape_equal(shape a, shape b)
{
    return a.n == b.n && a.c == b.c && a.h == b.h && a.w == b.w;
}

#endif
