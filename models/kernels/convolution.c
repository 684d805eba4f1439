// models/kernels/convolution.c -- chooses a backend for each pass.
#include "models/kernels/convolution.h"

#include "models/kernels/convolution_backend.h"

#include <stdlib.h>

struct convolution {
    int pass_count; // 1, or all three
    const convolution_backend *backends[CONVOLUTION_PASSES];
    convolution_kernel kernels[CONVOLUTION_PASSES];
    size_t scratch_bytes;
};

int convolution_size(int in, int kernel, int stride, int pad)
{
    int room = in + 2 * pad - kernel;
    return room < 0 ? 0 : room / stride + 1;
}

int convolution_out_block(int channels, int in_block)
{
    // oneDNN mixes blocks only where the input is an image of few plain channels.
    if (in_block > 1 && channels % in_block == 0) return in_block;
#ifdef BASIN_HAS_ONEDNN
    for (int block = convolution_onednn_block(); block >= 8; block /= 2)
        if (channels % block == 0) return block;
#endif
    return 1;
}

bool convolution_has_bf16(void)
{
#ifdef BASIN_HAS_ONEDNN
    return convolution_onednn_has_bf16();
#else
    return false;
#endif
}

static const convolution_backend *choose(const convolution_spec *spec, convolution_pass pass)
{
#ifdef BASIN_HAS_ONEDNN
    if (convolution_onednn.serves(spec, pass)) return &convolution_onednn;
#endif
    ASSERT(convolution_im2col.serves(spec, pass));
    return &convolution_im2col;
}

static status create_pass(convolution *c, const convolution_spec *spec, convolution_pass pass)
{
    convolution_kernel *k = &c->kernels[pass];
    k->spec = *spec;
    k->pass = pass;
    c->backends[pass] = choose(spec, pass);
    c->pass_count = (int)pass + 1;
    TRY(c->backends[pass]->create(k));
    if (k->scratch_bytes > c->scratch_bytes) c->scratch_bytes = k->scratch_bytes;
    return ST_OK;
}

status convolution_create(convolution **c, const convolution_spec *spec, bool backward)
{
    *c = calloc(1, sizeof **c);
    CHECK(*c != NULL, ST_INTERNAL, "no memory for a convolution");
    status s = create_pass(*c, spec, CONVOLUTION_FORWARD);
    if (s == ST_OK && backward) s = create_pass(*c, spec, CONVOLUTION_BACKWARD_DATA);
    if (s == ST_OK && backward) s = create_pass(*c, spec, CONVOLUTION_BACKWARD_WEIGHTS);
    if (s == ST_OK) return ST_OK;
    convolution_destroy(*c);
    *c = NULL;
    return s;
}

size_t convolution_scratch_bytes(const convolution *c)
{
    return c->scratch_bytes;
}

void convolution_run(const convolution *c, convolution_pass pass, const convolution_operands *o)
{
    ASSERT((int)pass < c->pass_count);
    c->backends[pass]->run(&c->kernels[pass], o);
}

const char *convolution_kernel_name(const convolution *c, convolution_pass pass)
{
    return (int)pass < c->pass_count ? c->kernels[pass].name : "none";
}

void convolution_destroy(convolution *c)
{
    if (c == NULL) return;
    for (int pass = 0; pass < c->pass_count; pass++)
        c->backends[pass]->destroy(&c->kernels[pass]);
    free(c);
}
