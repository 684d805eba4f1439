// models/kernels/convolution/convolution_backend.h -- what a backend of convolution.h offers, for
// convolution.c and for the tests, which hold every backend against reference.h.
#ifndef MODELS_KERNELS_CONVOLUTION_CONVOLUTION_BACKEND_H
#define MODELS_KERNELS_CONVOLUTION_CONVOLUTION_BACKEND_H

#include "base/vector.h"
#include "models/kernels/convolution/convolution.h"

// One pass of one spec, planned.
typedef struct convolution_kernel {
    convolution_spec spec; // of what a run takes: in.n is the portion
    int batch;             // samples of all runs of the pass; 0: in.n
    convolution_pass pass;
    const char *name;     // static text
    bool x_bf16, y_bf16;  // what run takes for x or dx, y or dy: bf16 numbers, else floats
    size_t kept_bytes;    // that last from the first run of a pass to the last
    size_t scratch_bytes; // for a run
    void *state;          // the backend's own
} convolution_kernel;

typedef struct convolution_backend {
    // Is there a fast kernel for this pass? oneDNN says no to shapes it serves by plain loops.
    bool (*serves)(const convolution_spec *spec, convolution_pass pass);
    // Fills everything after `pass`, which with spec is set by the caller. Errors: ST_INTERNAL
    status (*create)(convolution_kernel *k);
    // o->scratch is of scratch_bytes; kept: of kept_bytes.
    void (*run)(const convolution_kernel *k, const convolution_operands *o, void *kept);
    // Are runs of the spec's in.n samples about as fast as one of a whole batch?
    bool (*suits_portions)(const convolution_spec *spec, convolution_pass pass);
    void (*destroy)(convolution_kernel *k); // also after a create that failed half-way
} convolution_backend;

static inline bool is_first_run(const convolution_operands *o)
{
    return o->first == 0;
}

static inline bool is_last_run(const convolution_kernel *k, const convolution_operands *o)
{
    return k->batch == 0 || o->first + k->spec.in.n == k->batch;
}

// Is it a convolution that Winograd's kernels of ours can compute, in the layouts that they take?
static inline bool fits_winograd(const convolution_spec *s)
{
    return s->kernel == 3 && s->stride == 1 && s->pad == 1 && s->in_block == VECTOR &&
           s->out_block == VECTOR && VECTOR >= 8;
}

extern const convolution_backend convolution_im2col;   // serves everything
extern const convolution_backend convolution_rounded;  // everything, by products of bf16 numbers
extern const convolution_backend convolution_winograd; // 3 x 3, few channels
extern const convolution_backend convolution_winograd_wide; // 3 x 3, many
#ifdef BASIN_HAS_ONEDNN
extern const convolution_backend convolution_onednn;

// The widest channel block oneDNN has fast kernels for on this processor: 16, 8 or 1.
int convolution_onednn_block(void);

// Do the processor and oneDNN multiply bf16 numbers? Does oneDNN's fast kernel for a pass? False
// also when there is none.
bool convolution_onednn_has_bf16(void);
bool convolution_onednn_reads_bf16(const convolution_spec *spec, convolution_pass pass);
#endif

#endif
