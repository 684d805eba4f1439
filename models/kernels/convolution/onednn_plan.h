// models/kernels/convolution/onednn_plan.h -- which of oneDNN's kernels computes a pass of a
// convolution, and the memory layouts of its operands. Included by convolution_onednn.c only.
#ifndef MODELS_KERNELS_CONVOLUTION_ONEDNN_PLAN_H
#define MODELS_KERNELS_CONVOLUTION_ONEDNN_PLAN_H

#include "models/kernels/convolution/convolution.h"

#include <oneapi/dnnl/dnnl.h>

// oneDNN's plan of a pass, and what it takes. Images are in the spec's layouts. A pass in bf16
// reads bf16 numbers, and writes images as the spec stores them; the gradient of weights is float32
// in any case.
typedef struct onednn_plan {
    dnnl_primitive_desc_t primitive; // owned; NULL: there is none
    bool bf16;                       // multiplies bf16 numbers
    dnnl_memory_desc_t x, y;         // images or their gradients
    dnnl_memory_desc_t weights;      // or their gradient, as oneDNN likes them
    dnnl_memory_desc_t plain;        // the same, (out, in, kernel, kernel) in float32
} onednn_plan;

// Scratch memory comes from the caller of the primitive.
dnnl_status_t onednn_plan_pass(onednn_plan *plan, dnnl_engine_t engine, const convolution_spec *s,
                               convolution_pass pass);

// Are runs of the spec's in.n samples about as fast as one of a whole batch?
bool onednn_suits_portions(const convolution_spec *s, convolution_pass pass);

// oneDNN's name of the kernel it chose. Static text.
const char *onednn_kernel_name(dnnl_primitive_desc_t primitive);

// Is that a vectorised kernel, not plain loops nor a matrix product?
bool onednn_serves(const convolution_spec *s, convolution_pass pass);

#endif
