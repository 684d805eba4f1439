// models/kernels/onednn_plan.h -- which of oneDNN's kernels computes a pass of a convolution, and the
// memory layouts of its operands. Included by convolution_onednn.c only.
#ifndef MODELS_KERNELS_ONEDNN_PLAN_H
#define MODELS_KERNELS_ONEDNN_PLAN_H

#include "models/kernels/convolution.h"

#include <oneapi/dnnl/dnnl.h>

// An image tensor in one of the layouts of base/tensor.h.
dnnl_status_t onednn_describe_image(dnnl_memory_desc_t *md, shape s, int block);

// The weights, (out, in, kernel, kernel), in layout `tag`.
dnnl_status_t onednn_describe_weights(dnnl_memory_desc_t *md, const convolution_spec *s,
                                      dnnl_format_tag_t tag);

// oneDNN's plan of a pass, owned by the caller; images in the spec's layouts, weights as oneDNN
// likes them, scratch memory from the caller.
dnnl_status_t onednn_plan_pass(dnnl_primitive_desc_t *plan, dnnl_engine_t engine,
                               const convolution_spec *s, convolution_pass pass);

// oneDNN's name of the kernel it chose. Static text.
const char *onednn_kernel_name(dnnl_primitive_desc_t plan);

// Is that a vectorised kernel, not plain loops nor a matrix product?
bool onednn_serves(const convolution_spec *s, convolution_pass pass);

#endif
