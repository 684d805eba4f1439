// models/kernels/convolution/convolution_winograd.c -- convolution by F(4 x 4, 3 x 3), strip by
// strip: transform, multiply and transform back while the tiles are in the second cache.
//
// Threads share strips, or groups of strips whose sums are added in a fixed order, so that their
// number does not change the bits.
#include "models/kernels/convolution/convolution_backend.h"
#include "models/kernels/threads.h"
#include "models/kernels/convolution/winograd.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

// The gradient of weights is summed over groups of strips, and then over the groups: short sums
// round less than one of thousands of terms.
enum { MOST_GROUPS = 16, GROUP_STRIPS = 32 };

typedef struct winograd_state {
    size_t threads;
    size_t weights_floats;        // transformed, or sums of their gradient: (36, in, out)
    size_t in_floats, out_floats; // of a strip: what the products take and what they give
} winograd_state;

// Faster than oneDNN's direct kernels and its own F(4 x 4, 3 x 3) up to 64 channels: 1.05 to 2.7
// times in all passes, from 8 x 8 to 56 x 56 pixels, on one core of a Zen 4. With 128 the
// transformed weights leave the second cache.
static bool serves(const convolution_spec *s, convolution_pass pass)
{
    (void)pass;
    const int most = 64;
    bool fast = s->in.c <= most && s->out.c <= most;
    return fits_winograd(s) && fast && s->arithmetic.way != CONVOLUTION_DIRECT;
}

// Floats that end on 64 bytes.
static size_t padded(size_t floats)
{
    return arena_padded(floats * sizeof(float)) / sizeof(float);
}

static size_t strip_count(const convolution_spec *s)
{
    return (winograd_cut(s->in, s->in_bf16).count + WINOGRAD_STRIP - 1) / WINOGRAD_STRIP;
}

static size_t group_count(const convolution_spec *s)
{
    size_t groups = (strip_count(s) + GROUP_STRIPS - 1) / GROUP_STRIPS;
    return groups < MOST_GROUPS ? groups : MOST_GROUPS;
}

static size_t group_floats(const convolution_spec *s)
{
    return (size_t)(s->kernel * s->kernel) * (size_t)s->in.c * (size_t)s->out.c;
}

static bool suits_portions(const convolution_spec *spec, convolution_pass pass)
{
    (void)spec;
    (void)pass;
    return true;
}

// Of a pass over images transformed weights are kept, and for each thread a strip's inputs and
// outputs are scratch; of the gradient of weights: the gradient of all groups so far, and for each
// thread sums and the two strips, then the groups' gradients.
static status create(convolution_kernel *k)
{
    const convolution_spec *s = &k->spec;
    winograd_state *t = k->state = malloc(sizeof *t);
    CHECK(t != NULL, ST_INTERNAL, "no memory for a convolution");
    bool adjoint = k->pass == CONVOLUTION_BACKWARD_DATA;
    *t = (winograd_state){
        .threads = (size_t)kernels_threads(),
        .weights_floats = winograd_filters_floats((size_t)s->in.c, (size_t)s->out.c),
        .in_floats = winograd_strip_floats((size_t)(adjoint ? s->out.c : s->in.c)),
        .out_floats = winograd_strip_floats((size_t)(adjoint ? s->in.c : s->out.c))};
    size_t strips = t->in_floats + t->out_floats;
    k->name = "winograd";
    k->x_bf16 = s->in_bf16;
    k->y_bf16 = s->out_bf16;
    size_t kept = t->weights_floats, floats = t->threads * strips;
    if (k->pass == CONVOLUTION_BACKWARD_WEIGHTS) {
        kept = padded(group_floats(s));
        floats = t->threads * (t->weights_floats + strips) + group_count(s) * group_floats(s);
    }
    k->kept_bytes = kept * sizeof(float);
    k->scratch_bytes = floats * sizeof(float);
    return ST_OK;
}

// to = from convolved with transformed weights
typedef struct image_pass {
    const winograd_state *state;
    winograd_tiles in, out;
    const void *from;
    const float *weights;
    void *to;
    float *strips; // of all threads
} image_pass;

// Strips [first, end).
static void convolve(void *context, size_t thread, size_t first, size_t end)
{
    const image_pass *c = context;
    float *inputs = c->strips + thread * (c->state->in_floats + c->state->out_floats),
          *outputs = inputs + c->state->in_floats;
    size_t step = winograd_filter_step((size_t)c->in.image.c, (size_t)c->out.image.c);
    for (size_t strip = first; strip < end; strip++) {
        size_t tile = strip * WINOGRAD_STRIP;
        winograd_read_inputs(&c->in, c->from, tile, inputs);
        for (size_t p = 0; p < WINOGRAD_POSITIONS; p++) {
            winograd_weigh(inputs + p * winograd_step((size_t)c->in.image.c), c->weights + p * step,
                           c->in.blocks, c->out.blocks, false,
                           outputs + p * winograd_step((size_t)c->out.image.c));
            winograd_prefetch(&c->in, c->from, tile + WINOGRAD_STRIP, p, false);
            winograd_prefetch(&c->out, c->to, tile, p, true);
        }
        winograd_write_outputs(&c->out, outputs, tile, c->to);
    }
}

typedef struct gradient_pass {
    const convolution_spec *spec;
    const winograd_state *state;
    winograd_tiles in, out;
    const void *x, *dy;
    float *own; // sums and strips of all threads
    float *groups;
} gradient_pass;

// sums += the products of strips [first, end).
static void correlate(const gradient_pass *g, size_t first, size_t end, float *sums, float *inputs,
                      float *outputs)
{
    size_t step = winograd_filter_step((size_t)g->in.image.c, (size_t)g->out.image.c);
    for (size_t strip = first; strip < end; strip++) {
        size_t tile = strip * WINOGRAD_STRIP;
        winograd_read_inputs(&g->in, g->x, tile, inputs);
        winograd_read_outputs(&g->out, g->dy, tile, outputs);
        for (size_t p = 0; p < WINOGRAD_POSITIONS; p++) {
            const winograd_strips in = {inputs + p * winograd_step((size_t)g->in.image.c), 0, 1,
                                        g->in.blocks},
                                  out = {outputs + p * winograd_step((size_t)g->out.image.c), 0, 1,
                                         g->out.blocks};
            winograd_correlate(&in, &out, strip > first, sums + p * step);
            winograd_prefetch(&g->in, g->x, tile + WINOGRAD_STRIP, p, false);
            winograd_prefetch(&g->out, g->dy, tile + WINOGRAD_STRIP, p, false);
        }
    }
}

// Groups [first, end).
static void sum_groups(void *context, size_t thread, size_t first, size_t end)
{
    const gradient_pass *g = context;
    const winograd_state *t = g->state;
    float *sums = g->own + thread * (t->weights_floats + t->in_floats + t->out_floats),
          *inputs = sums + t->weights_floats, *outputs = inputs + t->in_floats;
    size_t strips = strip_count(g->spec), groups = group_count(g->spec);
    const winograd_filters filters = winograd_all_filters(g->spec->in.c, g->spec->out.c);
    for (size_t group = first; group < end; group++) {
        float *to = g->groups + group * group_floats(g->spec);
        correlate(g, group * strips / groups, (group + 1) * strips / groups, sums, inputs, outputs);
        memset(to, 0, group_floats(g->spec) * sizeof *to);
        winograd_reduce_sums(sums, &filters, to);
    }
}

// kept: sums of all groups so far.
static void add_gradient(const convolution_kernel *k, const convolution_operands *o, float *kept)
{
    const convolution_spec *s = &k->spec;
    const winograd_state *t = k->state;
    size_t groups = group_count(s), floats = group_floats(s);
    float *scratch = o->scratch;
    float *sums = scratch + t->threads * (t->weights_floats + t->in_floats + t->out_floats);
    winograd_tiles in = winograd_cut(s->in, k->x_bf16), out = winograd_cut(s->out, k->y_bf16);
    gradient_pass g = {s, t, in, out, o->x, o->dy, scratch, sums};
    kernels_share(t->threads, groups, sum_groups, &g);
    if (is_first_run(o)) memset(kept, 0, floats * sizeof *kept);
    for (size_t group = 0; group < groups; group++)
        for (size_t i = 0; i < floats; i++)
            kept[i] += sums[group * floats + i];
    if (is_last_run(k, o)) winograd_add_weights(kept, s->in.c, s->out.c, o->dweights);
}

static void run(const convolution_kernel *k, const convolution_operands *o, void *kept)
{
    const convolution_spec *s = &k->spec;
    const winograd_state *t = k->state;
    if (k->pass == CONVOLUTION_BACKWARD_WEIGHTS) {
        add_gradient(k, o, kept);
        return;
    }
    float *weights = kept, *strips = o->scratch;
    winograd_tiles in = winograd_cut(s->in, k->x_bf16), out = winograd_cut(s->out, k->y_bf16);
    image_pass forward = {t, in, out, o->x, weights, o->y, strips},
               adjoint = {t, out, in, o->dy, weights, o->dx, strips};
    bool is_forward = k->pass == CONVOLUTION_FORWARD;
    const winograd_filters filters = winograd_all_filters(s->in.c, s->out.c);
    if (is_first_run(o) && is_forward)
        winograd_read_weights(o->weights, &filters, weights);
    else if (is_first_run(o))
        winograd_read_adjoint(o->weights, &filters, weights);
    kernels_share(t->threads, strip_count(s), convolve, is_forward ? &forward : &adjoint);
}

static void destroy(convolution_kernel *k)
{
    free(k->state);
    k->state = NULL;
}

const convolution_backend convolution_winograd = {
    .serves = serves,
    .create = create,
    .run = run,
    .suits_portions = suits_portions,
    .destroy = destroy,
};
