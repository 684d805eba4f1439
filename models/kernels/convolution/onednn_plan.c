// models/kernels/convolution/onednn_plan.c -- which of oneDNN's kernels computes a pass of a
// convolution.
#include "models/kernels/convolution/onednn_plan.h"

#include "models/kernels/convolution/convolution_backend.h"

#include <string.h>

int convolution_onednn_block(void)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    if ((isa & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core) return 16;
    return (isa & dnnl_cpu_isa_avx2) == dnnl_cpu_isa_avx2 ? 8 : 1;
}

bool convolution_onednn_has_bf16(void)
{
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    return (isa & dnnl_cpu_isa_avx512_core_bf16) == dnnl_cpu_isa_avx512_core_bf16;
}

static dnnl_status_t describe_image(dnnl_memory_desc_t *md, shape s, int block, bool bf16)
{
    dnnl_dims_t dims = {s.n, s.c, s.h, s.w};
    dnnl_format_tag_t tag = block == 16 ? dnnl_nChw16c : block == 8 ? dnnl_nChw8c : dnnl_nchw;
    return dnnl_memory_desc_init_by_tag(md, 4, dims, bf16 ? dnnl_bf16 : dnnl_f32, tag);
}

static dnnl_status_t describe_weights(dnnl_memory_desc_t *md, const convolution_spec *s,
                                      dnnl_format_tag_t tag, bool bf16)
{
    dnnl_dims_t dims = {s->out.c, s->in.c, s->kernel, s->kernel};
    return dnnl_memory_desc_init_by_tag(md, 4, dims, bf16 ? dnnl_bf16 : dnnl_f32, tag);
}

static dnnl_status_t describe_operands(onednn_plan *plan, const convolution_spec *s,
                                       convolution_pass pass, bool bf16)
{
    plan->bf16 = bf16;
    bool x_bf16 = bf16 && (pass != CONVOLUTION_BACKWARD_DATA || s->in_bf16);
    bool y_bf16 = bf16 && (pass != CONVOLUTION_FORWARD || s->out_bf16);
    bool weights_bf16 = bf16 && pass != CONVOLUTION_BACKWARD_WEIGHTS;
    dnnl_status_t result = describe_image(&plan->x, s->in, s->in_block, x_bf16);
    if (result == dnnl_success) result = describe_image(&plan->y, s->out, s->out_block, y_bf16);
    if (result == dnnl_success)
        result = describe_weights(&plan->weights, s, dnnl_format_tag_any, weights_bf16);
    if (result == dnnl_success) result = describe_weights(&plan->plain, s, dnnl_oihw, false);
    return result;
}

static dnnl_status_t describe_pass(dnnl_convolution_desc_t *d, const onednn_plan *plan,
                                   const convolution_spec *s, convolution_pass pass)
{
    const dnnl_alg_kind_t algorithm = dnnl_convolution_direct;
    const dnnl_dims_t strides = {s->stride, s->stride}, padding = {s->pad, s->pad};
    if (pass == CONVOLUTION_BACKWARD_DATA)
        return dnnl_convolution_backward_data_desc_init(d, algorithm, &plan->x, &plan->weights,
                                                        &plan->y, strides, padding, padding);
    if (pass == CONVOLUTION_BACKWARD_WEIGHTS)
        return dnnl_convolution_backward_weights_desc_init(
            d, algorithm, &plan->x, &plan->weights, NULL, &plan->y, strides, padding, padding);
    // "training" in a net that is only evaluated too: both give the same bits.
    return dnnl_convolution_forward_desc_init(d, dnnl_forward_training, algorithm, &plan->x,
                                              &plan->weights, NULL, &plan->y, strides, padding,
                                              padding);
}

// Scratch memory is ours, so that a run allocates nothing.
static dnnl_status_t own_scratchpad(dnnl_primitive_attr_t *attributes)
{
    dnnl_status_t result = dnnl_primitive_attr_create(attributes);
    if (result != dnnl_success) return result;
    return dnnl_primitive_attr_set_scratchpad_mode(*attributes, dnnl_scratchpad_mode_user);
}

// The plan of a pass, given that of the forward pass (`hint`) where it is another.
static dnnl_status_t create_plan(onednn_plan *plan, dnnl_engine_t engine, const convolution_spec *s,
                                 convolution_pass pass, bool bf16, dnnl_primitive_desc_t hint)
{
    dnnl_convolution_desc_t d;
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_status_t result = describe_operands(plan, s, pass, bf16);
    if (result == dnnl_success) result = describe_pass(&d, plan, s, pass);
    if (result == dnnl_success) result = own_scratchpad(&attributes);
    if (result == dnnl_success)
        result = dnnl_primitive_desc_create(&plan->primitive, &d, attributes, engine, hint);
    dnnl_primitive_attr_destroy(attributes);
    return result;
}

static void query_weights(onednn_plan *plan, convolution_pass pass)
{
    dnnl_query_t what =
        pass == CONVOLUTION_BACKWARD_WEIGHTS ? dnnl_query_diff_weights_md : dnnl_query_weights_md;
    plan->weights = *dnnl_primitive_desc_query_md(plan->primitive, what, 0);
}

// *plan has no primitive when oneDNN has none for this way.
static dnnl_status_t plan_with(onednn_plan *plan, dnnl_engine_t engine, const convolution_spec *s,
                               convolution_pass pass, bool bf16)
{
    onednn_plan forward = {0};
    dnnl_status_t result = dnnl_success;
    if (pass != CONVOLUTION_FORWARD)
        result = create_plan(&forward, engine, s, CONVOLUTION_FORWARD, bf16, NULL);
    if (result == dnnl_success)
        result = create_plan(plan, engine, s, pass, bf16, forward.primitive);
    if (result == dnnl_success) query_weights(plan, pass);
    dnnl_primitive_desc_destroy(forward.primitive);
    return result;
}

// A gradient of weights is added to the sum of those before it, which takes as long as reading
// images of three times its size.
bool onednn_suits_portions(const convolution_spec *s, convolution_pass pass)
{
    if (pass != CONVOLUTION_BACKWARD_WEIGHTS) return true;
    size_t weights = (size_t)s->in.c * (size_t)s->out.c * (size_t)(s->kernel * s->kernel);
    return 2 * weights <= shape_count(s->in) + shape_count(s->out);
}

// Is the kernel vectorised, not plain loops nor a matrix product ("ref:any", "x64:gemm:jit")?
static bool is_fast(const onednn_plan *plan)
{
    return plan->primitive != NULL && strncmp(onednn_kernel_name(plan->primitive), "jit", 3) == 0;
}

// In bf16 where the processor multiplies such numbers (oneDNN would imitate that, at a third of
// float32's speed), else in float32.
dnnl_status_t onednn_plan_pass(onednn_plan *plan, dnnl_engine_t engine, const convolution_spec *s,
                               convolution_pass pass)
{
    *plan = (onednn_plan){0};
    if (convolution_multiplies_bf16(s->arithmetic) && convolution_onednn_has_bf16() &&
        plan_with(plan, engine, s, pass, true) == dnnl_success && is_fast(plan))
        return dnnl_success;
    dnnl_primitive_desc_destroy(plan->primitive);
    *plan = (onednn_plan){0};
    return plan_with(plan, engine, s, pass, false);
}

const char *onednn_kernel_name(dnnl_primitive_desc_t primitive)
{
    const char *name = "";
    dnnl_status_t result = dnnl_primitive_desc_query(primitive, dnnl_query_impl_info_str, 0, &name);
    return result == dnnl_success ? name : "";
}

// Plans only to look; *bf16: does the pass read bf16 numbers?
static bool serves(const convolution_spec *s, convolution_pass pass, bool *bf16)
{
    dnnl_engine_t engine = NULL;
    onednn_plan plan = {0};
    bool fast = dnnl_engine_create(&engine, dnnl_cpu, 0) == dnnl_success &&
                onednn_plan_pass(&plan, engine, s, pass) == dnnl_success && is_fast(&plan);
    *bf16 = fast && plan.bf16;
    dnnl_primitive_desc_destroy(plan.primitive);
    dnnl_engine_destroy(engine);
    return fast;
}

bool onednn_serves(const convolution_spec *s, convolution_pass pass)
{
    bool bf16;
    return serves(s, pass, &bf16);
}

bool convolution_onednn_reads_bf16(const convolution_spec *s, convolution_pass pass)
{
    bool bf16;
    return serves(s, pass, &bf16) && bf16;
}
