// models/kernels/convolution/convolution.h -- 2-d convolution and its two gradients, by the backend
// that serves each pass of a shape best.
//
//   forward           y[n,o,i,j]  = sum_cuv w[o,c,u,v] x[n,c, i s + u - p, j s + v - p]
//   backward data     dx[n,c,a,b] = sum     w[o,c,u,v] dy[n,o,i,j]   over i s + u - p = a, b alike
//   backward weights  dw[o,c,u,v] += sum    x[n,c, i s + u - p, j s + v - p] dy[n,o,i,j]
//   with x = 0 outside the image, stride s, padding p; w is (out, in, kernel, kernel), row-major
//
//   convolution_create ─> convolution_run ...
//
// A pass over a batch is one run, or several of a portion of its samples each, in their order,
// between which others may run. Each run finds scratch as the one before it of the pass left it;
// the two backward passes may take turns in one scratch.
//
// Weights come as they are; where a kernel wants them in another layout, each pass puts them there,
// in scratch memory. That takes 1 % of a pass and spares several copies of all weights (Winograd's
// are four times as large as the weights).
//
// Backends: our own Winograd kernels for 3 x 3, oneDNN where it has a vectorised kernel for the
// shape, else im2col + OpenBLAS; and im2col of rounded operands where bf16 products are asked for
// that the processor has not. The choice depends on nothing but the spec, the processor and the
// library.
#ifndef MODELS_KERNELS_CONVOLUTION_CONVOLUTION_H
#define MODELS_KERNELS_CONVOLUTION_CONVOLUTION_H

#include "base/status.h"
#include "base/tensor.h"
#include "models/kernels/arithmetic.h"

#include <stdbool.h>

typedef struct convolution_spec {
    shape in, out;           // out: channels as wanted, height and width as convolution_size says
    int in_block, out_block; // channel blocks of x and y, see base/tensor.h
    int kernel, stride, pad; // the same for height and width
    arithmetic arithmetic;
    bool in_bf16, out_bf16; // x and dx, or y and dy, are stored as bf16 numbers; else as floats
    // Samples of a run of the forward pass, and of the two backward passes. They divide in.n; 0:
    // all.
    int forward_portion, backward_portion;
} convolution_spec;

typedef enum convolution_pass {
    CONVOLUTION_FORWARD,
    CONVOLUTION_BACKWARD_DATA,
    CONVOLUTION_BACKWARD_WEIGHTS,
    CONVOLUTION_PASSES
} convolution_pass;

// What one pass reads and writes; only its own members need be set. scratch starts on 64 bytes.
typedef struct convolution_operands {
    const void *x;        // in, in_block:   forward, backward weights
    const void *dy;       // out, out_block: both backward passes
    const float *weights; // plain:          forward, backward data
    void *y;              // forward: overwritten
    void *dx;             // backward data: overwritten
    float *dweights;      // backward weights: plain, added to
    void *scratch;        // convolution_scratch_bytes
    int first;            // number of the run's first sample in the batch: all images begin with it
} convolution_operands;

typedef struct convolution convolution;

// Height or width of the output for that of the input; < 1 when the kernel does not fit.
int convolution_size(int in, int kernel, int stride, int pad);

// Are bf16 numbers multiplied: with a.bf16, where the processor has instructions and the library
// kernels for that? Else a.bf16 lets images be stored so, and all is multiplied in float32.
bool convolution_multiplies_bf16(arithmetic a);

// The channel block in which a convolution with `channels` outputs writes best, after an input in
// `in_block`.
int convolution_out_block(arithmetic a, int channels, int in_block);

// Are the images that a pass writes (forward: y, backward data: dx) best stored as bf16 numbers:
// with arithmetic.bf16, by a pass that multiplies them, or that reads and writes them in passing?
bool convolution_stores_bf16(const convolution_spec *spec, convolution_pass pass);

// How many samples a run should take, so that their images are of `bytes` at most and stay in the
// caches from the operation before to the one behind; in.n where one sample is more than that, or
// runs of portions would be slower than that is worth.
int convolution_portion(const convolution_spec *spec, bool backward, size_t bytes);

// Plans the forward pass, and with `backward` the other two. Errors: ST_INTERNAL no memory, or
// oneDNN refuses.
status convolution_create(convolution **c, const convolution_spec *spec, bool backward);

size_t convolution_scratch_bytes(const convolution *c); // for the greediest pass

// One pass over the batch, or a run of it where the spec has portions; allocates nothing of its
// own.
void convolution_run(const convolution *c, convolution_pass pass, const convolution_operands *o);

// Who computes a pass: "winograd", "winograd wide", "im2col", "rounded", or oneDNN's name of its
// kernel. Static text.
const char *convolution_kernel_name(const convolution *c, convolution_pass pass);

void convolution_destroy(convolution *c);

#endif
