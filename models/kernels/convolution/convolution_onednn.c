// models/kernels/convolution/convolution_onednn.c -- convolution by oneDNN's kernels.
//
// Images keep the layouts of base/tensor.h, so nothing is copied between layers; only weights are
// in a layout of oneDNN's choice. They are reordered before each pass, and their gradient is
// reordered and added after it. Memory objects are made here once and get their
// addresses at each run.
#include "base/arena.h"
#include "models/kernels/convolution/convolution_backend.h"
#include "models/kernels/convolution/onednn_plan.h"

#include <oneapi/dnnl/dnnl_debug.h>

#include <stdlib.h>
#include <string.h>

// Fails with oneDNN's words.
#define DNNL(call)                                                                                 \
    do {                                                                                           \
        dnnl_status_t dnnl_result = (call);                                                        \
        CHECK(dnnl_result == dnnl_success, ST_INTERNAL, "oneDNN: %s: %s", #call,                   \
              dnnl_status2str(dnnl_result));                                                       \
    } while (0)

typedef struct onednn_state {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    dnnl_primitive_t primitive;
    dnnl_primitive_t reorder;    // weights: plain to packed; their gradient: packed to plain, added
    dnnl_memory_t x, y;          // images, or their gradients
    dnnl_memory_t packed, plain; // weights, or their gradient
    dnnl_memory_t scratchpad;
    // Packed weights, or the sum of their gradients in a pass, are kept.
    size_t
        packed_bytes; // at the start of scratch: the gradient of one run, where there are several
} onednn_state;

static status create_memory(dnnl_memory_t *memory, const dnnl_memory_desc_t *md,
                            dnnl_engine_t engine)
{
    DNNL(dnnl_memory_create(memory, md, engine, DNNL_MEMORY_NONE));
    return ST_OK;
}

static size_t scratchpad_bytes(dnnl_primitive_desc_t plan)
{
    return dnnl_memory_desc_get_size(
        dnnl_primitive_desc_query_md(plan, dnnl_query_scratchpad_md, 0));
}

static dnnl_status_t create_reorder(onednn_state *t, const dnnl_memory_desc_t *from,
                                    const dnnl_memory_desc_t *to, bool add)
{
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_post_ops_t after = NULL;
    dnnl_primitive_desc_t plan = NULL;
    dnnl_status_t result = dnnl_primitive_attr_create(&attributes);
    if (result == dnnl_success) result = dnnl_post_ops_create(&after);
    if (result == dnnl_success && add) result = dnnl_post_ops_append_sum(after, 1.0f);
    if (result == dnnl_success) result = dnnl_primitive_attr_set_post_ops(attributes, after);
    if (result == dnnl_success)
        result =
            dnnl_reorder_primitive_desc_create(&plan, from, t->engine, to, t->engine, attributes);
    if (result == dnnl_success) result = dnnl_primitive_create(&t->reorder, plan);
    dnnl_primitive_desc_destroy(plan);
    dnnl_post_ops_destroy(after);
    dnnl_primitive_attr_destroy(attributes);
    return result;
}

static status create_from_plan(convolution_kernel *k, onednn_state *t, const onednn_plan *plan)
{
    bool gradient = k->pass == CONVOLUTION_BACKWARD_WEIGHTS;
    k->name = onednn_kernel_name(plan->primitive);
    k->kept_bytes = arena_padded(dnnl_memory_desc_get_size(&plan->weights));
    t->packed_bytes = gradient && k->batch > k->spec.in.n ? k->kept_bytes : 0;
    k->scratch_bytes = t->packed_bytes + scratchpad_bytes(plan->primitive);
    k->x_bf16 = plan->x.data_type == dnnl_bf16;
    k->y_bf16 = plan->y.data_type == dnnl_bf16;
    DNNL(dnnl_primitive_create(&t->primitive, plan->primitive));
    TRY(create_memory(&t->x, &plan->x, t->engine));
    TRY(create_memory(&t->y, &plan->y, t->engine));
    TRY(create_memory(&t->packed, &plan->weights, t->engine));
    TRY(create_memory(&t->plain, &plan->plain, t->engine));
    TRY(create_memory(&t->scratchpad,
                      dnnl_primitive_desc_query_md(plan->primitive, dnnl_query_scratchpad_md, 0),
                      t->engine));
    DNNL(create_reorder(t, gradient ? &plan->weights : &plan->plain,
                        gradient ? &plan->plain : &plan->weights, gradient));
    return ST_OK;
}

static status create(convolution_kernel *k)
{
    onednn_state *t = k->state = calloc(1, sizeof *t);
    CHECK(t != NULL, ST_INTERNAL, "no memory for a convolution");
    DNNL(dnnl_engine_create(&t->engine, dnnl_cpu, 0));
    DNNL(dnnl_stream_create(&t->stream, t->engine, dnnl_stream_default_flags));
    onednn_plan plan;
    DNNL(onednn_plan_pass(&plan, t->engine, &k->spec, k->pass));
    status s = create_from_plan(k, t, &plan);
    dnnl_primitive_desc_destroy(plan.primitive);
    return s;
}

// oneDNN's memory objects know no const; what a pass only reads stays unwritten, since no layout
// here has padding that oneDNN would zero.
static void point(dnnl_memory_t memory, const void *data)
{
    void *address;
    memcpy(&address, &data, sizeof address);
    dnnl_status_t result = dnnl_memory_set_data_handle(memory, address);
    ASSERT(result == dnnl_success);
}

static void execute(const onednn_state *t, dnnl_primitive_t primitive, int count,
                    const dnnl_exec_arg_t *arguments)
{
    dnnl_status_t result = dnnl_primitive_execute(primitive, t->stream, count, arguments);
    ASSERT(result == dnnl_success);
    result = dnnl_stream_wait(t->stream);
    ASSERT(result == dnnl_success);
}

static void reorder(const onednn_state *t, dnnl_memory_t from, dnnl_memory_t to)
{
    execute(t, t->reorder, 2, (dnnl_exec_arg_t[]){{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

// packed = the gradient of weights
static void compute_gradient(const onednn_state *t)
{
    execute(t, t->primitive, 4,
            (dnnl_exec_arg_t[]){{DNNL_ARG_SRC, t->x},
                                {DNNL_ARG_DIFF_DST, t->y},
                                {DNNL_ARG_DIFF_WEIGHTS, t->packed},
                                {DNNL_ARG_SCRATCHPAD, t->scratchpad}});
}

// dweights += packed
static void add_packed(const onednn_state *t, float *dweights)
{
    point(t->plain, dweights);
    reorder(t, t->packed, t->plain);
}

// The first run of a pass writes the sum, the others add to it.
static void run_weights(const convolution_kernel *k, const convolution_operands *o, float *sum)
{
    const onednn_state *t = k->state;
    const float *term = is_first_run(o) ? sum : o->scratch;
    point(t->packed, term);
    compute_gradient(t);
    for (size_t i = 0; term != sum && i < k->kept_bytes / sizeof *sum; i++)
        sum[i] += term[i];
    point(t->packed, sum);
    if (is_last_run(k, o)) add_packed(t, o->dweights);
}

static void run_images(const onednn_state *t, const convolution_operands *o, bool forward)
{
    point(t->plain, o->weights);
    if (is_first_run(o)) reorder(t, t->plain, t->packed);
    execute(t, t->primitive, 4,
            (dnnl_exec_arg_t[]){{forward ? DNNL_ARG_SRC : DNNL_ARG_DIFF_SRC, t->x},
                                {forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, t->y},
                                {DNNL_ARG_WEIGHTS, t->packed},
                                {DNNL_ARG_SCRATCHPAD, t->scratchpad}});
}

static void run(const convolution_kernel *k, const convolution_operands *o, void *kept)
{
    const onednn_state *t = k->state;
    point(t->x, k->pass == CONVOLUTION_BACKWARD_DATA ? o->dx : o->x);
    point(t->y, k->pass == CONVOLUTION_FORWARD ? o->y : o->dy);
    point(t->packed, kept);
    point(t->scratchpad, (char *)o->scratch + t->packed_bytes);
    if (k->pass == CONVOLUTION_BACKWARD_WEIGHTS)
        run_weights(k, o, kept);
    else
        run_images(t, o, k->pass == CONVOLUTION_FORWARD);
}

static void destroy(convolution_kernel *k)
{
    onednn_state *t = k->state;
    if (t == NULL) return;
    dnnl_memory_destroy(t->x);
    dnnl_memory_destroy(t->y);
    dnnl_memory_destroy(t->packed);
    dnnl_memory_destroy(t->plain);
    dnnl_memory_destroy(t->scratchpad);
    dnnl_primitive_destroy(t->reorder);
    dnnl_primitive_destroy(t->primitive);
    dnnl_stream_destroy(t->stream);
    dnnl_engine_destroy(t->engine);
    free(t);
    k->state = NULL;
}

const convolution_backend convolution_onednn = {
    .serves = onednn_serves,
    .create = create,
    .run = run,
    .suits_portions = onednn_suits_portions,
    .destroy = destroy,
};
