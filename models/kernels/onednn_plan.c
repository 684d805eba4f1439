// models/kernels/onednn_plan.c -- which of oneDNN's kernels computes a pass of a convolution.
#include "models/kernels/onednn_plan.h"

#include "models/kernels/convolution_backend.h"

#include <string.h>

int convolution_onednn_block(void)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    if ((isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core) return 16;
    return (isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2 ? 8 : 1;
}

dnnl_status_t onednn_describe_image(dnnl_memory_desc_t *md, shape s, int block)
{
    dnnl_dims_t dims = {s.n, s.c, s.h, s.w};
    dnnl_format_tag_t tag = block == 16 ? dnnl_nChw16c : block == 8 ? dnnl_nChw8c : dnnl_nchw;
    return dnnl_memory_desc_init_by_tag(md, 4, dims, dnnl_f32, tag);
}

dnnl_status_t onednn_describe_weights(dnnl_memory_desc_t *md, const convolution_spec *s,
                                      dnnl_format_tag_t tag)
{
    dnnl_dims_t dims = {s->out.c, s->in.c, s->kernel, s->kernel};
    return dnnl_memory_desc_init_by_tag(md, 4, dims, dnnl_f32, tag);
}

// What a convolution is, before a pass is chosen.
typedef struct problem {
    dnnl_memory_desc_t x, weights, y;
    dnnl_dims_t strides, padding;
    dnnl_alg_kind_t algorithm;
} problem;

static dnnl_status_t describe_problem(problem *p, const convolution_spec *s,
                                      dnnl_alg_kind_t algorithm)
{
    *p = (problem){.strides = {s->stride, s->stride}, .padding = {s->pad, s->pad}};
    p->algorithm = algorithm;
    dnnl_status_t result = onednn_describe_image(&p->x, s->in, s->in_block);
    if (result == dnnl_success) result = onednn_describe_image(&p->y, s->out, s->out_block);
    if (result == dnnl_success)
        result = onednn_describe_weights(&p->weights, s, dnnl_format_tag_any);
    return result;
}

static dnnl_status_t describe_pass(dnnl_convolution_desc_t *d, const problem *p,
                                   convolution_pass pass)
{
    const dnnl_dim_t *strides = p->strides, *padding = p->padding;
    if (pass == CONVOLUTION_BACKWARD_DATA)
        return dnnl_convolution_backward_data_desc_init(d, p->algorithm, &p->x, &p->weights, &p->y,
                                                        strides, padding, padding);
    if (pass == CONVOLUTION_BACKWARD_WEIGHTS)
        return dnnl_convolution_backward_weights_desc_init(d, p->algorithm, &p->x, &p->weights,
                                                           NULL, &p->y, strides, padding, padding);
    // "training" in a net that is only evaluated too: both give the same bits.
    return dnnl_convolution_forward_desc_init(d, dnnl_forward_training, p->algorithm, &p->x,
                                              &p->weights, NULL, &p->y, strides, padding, padding);
}

// Scratch memory is ours, so that a run allocates nothing.
static dnnl_status_t own_scratchpad(dnnl_primitive_attr_t *attributes)
{
    dnnl_status_t result = dnnl_primitive_attr_create(attributes);
    if (result != dnnl_success) return result;
    return dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
}

// oneDNN's plan of a pass by one algorithm; *plan stays NULL when it has none.
static dnnl_status_t plan_with(dnnl_primitive_desc_t *plan, dnnl_engine_t engine,
                               const convolution_spec *s, convolution_pass pass,
                               dnnl_alg_kind_t algorithm)
{
    problem p;
    dnnl_convolution_desc_t d;
    dnnl_primitive_desc_t forward = NULL;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t result = describe_problem(&p, s, algorithm);
    if (result == dnnl_success) result = describe_pass(&d, &p, CONVOLUTION_FORWARD);
    if (result == dnnl_success) result = own_scratchpad(&attributes);
    if (result == dnnl_success)
        result = dnnl_primitive_desc_create(&forward, &d, attributes, engine, NULL);
    if (result == dnnl_success && pass == CONVOLUTION_FORWARD) {
        *plan = forward;
        forward = NULL;
    } else if (result == dnnl_success) {
        result = describe_pass(&d, &p, pass);
        if (result == dnnl_success)
            result = dnnl_primitive_desc_create(plan, &d, attributes, engine, forward);
    }
    dnnl_primitive_desc_destroy(forward);
    dnnl_primitive_attr_destroy(attributes);
    return result;
}

// Winograd's F(4x4, 3x3) was faster than the direct kernels in all three passes from 32 channels
// on (1.4 to 2.7 times, from 4x4 to 32x32 pixels, one core of a Zen 4); with 16 in all but one (1.3, 0.9
// and 1.1 times).
static bool wants_winograd(const convolution_spec *s, convolution_pass pass)
{
    int fewest = pass == CONVOLUTION_BACKWARD_DATA ? 32 : 16;
    return s->winograd && s->kernel == 3 && s->stride == 1 && s->pad == 1 && s->in_block == 16 &&
           s->out_block == 16 && s->in.c >= fewest && s->out.c >= fewest;
}

dnnl_status_t onednn_plan_pass(dnnl_primitive_desc_t *plan, dnnl_engine_t engine,
                               const convolution_spec *s, convolution_pass pass)
{
    *plan = NULL;
    dnnl_status_t result = dnnl_unimplemented;
    if (wants_winograd(s, pass))
        result = plan_with(plan, engine, s, pass, dnnl_convolution_winograd);
    if (result == dnnl_unimplemented)
        result = plan_with(plan, engine, s, pass, dnnl_convolution_direct);
    return result;
}

const char *onednn_kernel_name(dnnl_primitive_desc_t plan)
{
    const char *name = "";
    dnnl_status_t result = dnnl_primitive_desc_query(plan, dnnl_query_impl_info_str, 0, &name);
    return result == dnnl_success ? name : "";
}

bool onednn_serves(const convolution_spec *s, convolution_pass pass)
{
    dnnl_engine_t engine = NULL;
    dnnl_primitive_desc_t plan = NULL;
    bool fast =
        dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
        onednn_plan_pass(&plan, engine, s, pass) == dnnl_success &&
        strncmp(onednn_kernel_name(plan), "jit", 3) == 0; // not "ref:any" nor "x64:gemm:jit"
    dnnl_primitive_desc_destroy(plan);
    dnnl_engine_destroy(engine);
    return fast;
}
