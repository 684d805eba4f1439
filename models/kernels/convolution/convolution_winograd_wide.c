// models/kernels/convolution/convolution_winograd_wide.c -- F(4 x 4, 3 x 3) for many channels,
// whose transformed weights do not fit the caches: some tiles, some input channels and some output
// channels at a time.
//
//   for each group of strips (64 tiles):
//     forward, backward data   for some inputs:  transform them;  for some outputs:  transform the
//                              weights between them, multiply, add;  then transform all outputs
//                              back
//     backward weights         transform inputs and outputs;  for some of each:  multiply,
//                              transform back, add
//
// Transformed weights, and sums of their gradient, live in the second cache only: written to memory
// they would be four times the weights. Threads share strips and pairs of channels, so that their
// number does not change the bits.
#include "models/kernels/convolution/convolution_backend.h"
#include "models/kernels/threads.h"
#include "models/kernels/convolution/winograd.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

enum {
    GROUP_STRIPS = 8,
    MOST_FROM = 64, // channels of the images a pass reads; of a group they take 0.6 MB
    MOST_TO =
        32 // of those it writes; the weights between them, or their gradient's sums, take 0.3 MB
};

typedef struct wide_state {
    size_t threads;
    size_t inputs_floats;  // of a group of strips, transformed
    size_t outputs_floats; // the same
    size_t filters_floats; // of one thread
} wide_state;

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Up to 64 channels convolution_winograd.c is faster. Products of bf16 numbers were on small images
// (of oneDNN's kernels of both kinds, on a Zen 4), but for the weights' gradient.
static bool serves(const convolution_spec *s, convolution_pass pass)
{
    const int fewest = 64;
    bool fast = s->in.c >= fewest && s->out.c >= fewest;
    bool products = convolution_multiplies_bf16(s->arithmetic);
    if (products && pass != CONVOLUTION_BACKWARD_WEIGHTS && s->in.h < 8) fast = false;
    convolution_way way = s->arithmetic.way;
    return fits_winograd(s) && (way == CONVOLUTION_WINOGRAD || (way == CONVOLUTION_AUTO && fast));
}

// The weights are transformed once for each group of strips in any case.
static bool suits_portions(const convolution_spec *spec, convolution_pass pass)
{
    (void)pass;
    return winograd_cut(spec->in, false).count % ((size_t)GROUP_STRIPS * WINOGRAD_STRIP) == 0;
}

static size_t gradient_bytes(const convolution_spec *s)
{
    size_t filter = (size_t)(s->kernel * s->kernel) * sizeof(float);
    return arena_padded(filter * (size_t)s->in.c * (size_t)s->out.c);
}

// Scratch: the group's inputs (of the gradient of weights all, else some) and all its outputs, then
// each thread's filters. Kept: the gradient of weights so far.
static status create(convolution_kernel *k)
{
    const convolution_spec *s = &k->spec;
    wide_state *t = k->state = malloc(sizeof *t);
    CHECK(t != NULL, ST_INTERNAL, "no memory for a convolution");
    bool adjoint = k->pass == CONVOLUTION_BACKWARD_DATA,
         weights = k->pass == CONVOLUTION_BACKWARD_WEIGHTS;
    size_t from = (size_t)(adjoint ? s->out.c : s->in.c),
           to = (size_t)(adjoint ? s->in.c : s->out.c);
    *t = (wide_state){
        .threads = (size_t)kernels_threads(),
        .inputs_floats =
            GROUP_STRIPS * winograd_strip_floats(weights ? from : least(from, MOST_FROM)),
        .outputs_floats = GROUP_STRIPS * winograd_strip_floats(to),
        .filters_floats = winograd_filters_floats(least(from, MOST_FROM), least(to, MOST_TO))};
    k->name = "winograd wide";
    k->x_bf16 = s->in_bf16;
    k->y_bf16 = s->out_bf16;
    k->kept_bytes = weights ? gradient_bytes(s) : 0;
    k->scratch_bytes =
        (t->inputs_floats + t->outputs_floats + t->threads * t->filters_floats) * sizeof(float);
    return ST_OK;
}

// One group of strips of any pass.
typedef struct wide_group {
    const wide_state *state;
    winograd_tiles from, to; // images of the channels under way
    size_t first, strips;    // tile, and how many strips
    const void *read, *read_too;
    void *written;
    const float *weights;
    bool adjoint;
    float *inputs, *outputs, *filters;
    float *gradient;
    size_t in, out; // channels of all filters
} wide_group;

static size_t first_tile(const wide_group *g, size_t strip)
{
    return g->first + strip * WINOGRAD_STRIP;
}

static void read_inputs(void *context, size_t thread, size_t first, size_t end)
{
    const wide_group *g = context;
    (void)thread;
    size_t floats = winograd_strip_floats(g->from.blocks * VECTOR);
    for (size_t strip = first; strip < end; strip++)
        winograd_read_inputs(&g->from, g->read, first_tile(g, strip), g->inputs + strip * floats);
}

static void read_outputs(void *context, size_t thread, size_t first, size_t end)
{
    const wide_group *g = context;
    (void)thread;
    size_t floats = winograd_strip_floats(g->to.blocks * VECTOR);
    for (size_t strip = first; strip < end; strip++)
        winograd_read_outputs(&g->to, g->read_too, first_tile(g, strip),
                              g->outputs + strip * floats);
}

static void write_outputs(void *context, size_t thread, size_t first, size_t end)
{
    const wide_group *g = context;
    (void)thread;
    size_t floats = winograd_strip_floats(g->to.blocks * VECTOR);
    for (size_t strip = first; strip < end; strip++)
        winograd_write_outputs(&g->to, g->outputs + strip * floats, first_tile(g, strip),
                               g->written);
}

// The filters from the channels under way to `count` blocks from block `block` on.
static void read_filters(const wide_group *g, size_t block, size_t count, float *to)
{
    size_t from = g->from.first_block * VECTOR, froms = g->from.blocks * VECTOR;
    winograd_filters f = {.in = g->in, .out = g->out};
    if (g->adjoint) {
        f.first_out = from, f.outs = froms;
        f.first_in = block * VECTOR, f.ins = count * VECTOR;
        winograd_read_adjoint(g->weights, &f, to);
    } else {
        f.first_in = from, f.ins = froms;
        f.first_out = block * VECTOR, f.outs = count * VECTOR;
        winograd_read_weights(g->weights, &f, to);
    }
}

// Output blocks, MOST_TO channels at a time: numbers [first, end).
static void multiply(void *context, size_t thread, size_t first, size_t end)
{
    const wide_group *g = context;
    float *filters = g->filters + thread * g->state->filters_floats;
    size_t in_floats = winograd_strip_floats(g->from.blocks * VECTOR),
           in_step = winograd_step(g->from.blocks * VECTOR),
           out_floats = winograd_strip_floats(g->to.blocks * VECTOR),
           out_step = winograd_step(g->to.blocks * VECTOR);
    bool add = g->from.first_block > 0;
    for (size_t part = first; part < end; part++) {
        size_t block = part * (MOST_TO / VECTOR),
               count = least(MOST_TO / VECTOR, g->to.blocks - block);
        size_t step = winograd_filter_step(g->from.blocks * VECTOR, count * VECTOR);
        read_filters(g, block, count, filters);
        for (size_t p = 0; p < WINOGRAD_POSITIONS; p++)
            for (size_t strip = 0; strip < g->strips; strip++)
                winograd_weigh(g->inputs + strip * in_floats + p * in_step, filters + p * step,
                               g->from.blocks, count, add,
                               g->outputs + strip * out_floats + p * out_step +
                                   block * WINOGRAD_PANEL);
    }
}

static size_t parts_of(size_t blocks, size_t most)
{
    return (blocks * VECTOR + most - 1) / most;
}

static void convolve_group(wide_group *g)
{
    const winograd_tiles all = g->from;
    for (size_t block = 0; block < all.blocks; block += MOST_FROM / VECTOR) {
        g->from = winograd_some(&all, block, least(MOST_FROM / VECTOR, all.blocks - block));
        kernels_share(g->state->threads, g->strips, read_inputs, g);
        kernels_share(g->state->threads, parts_of(g->to.blocks, MOST_TO), multiply, g);
    }
    g->from = all;
    kernels_share(g->state->threads, g->strips, write_outputs, g);
}

// Pairs of MOST_FROM input and MOST_TO output channels, the outputs first: numbers [first, end).
static void correlate(void *context, size_t thread, size_t first, size_t end)
{
    const wide_group *g = context;
    float *sums = g->filters + thread * g->state->filters_floats;
    size_t parts = parts_of(g->to.blocks, MOST_TO);
    size_t in_step = winograd_step(g->from.blocks * VECTOR),
           out_step = winograd_step(g->to.blocks * VECTOR);
    for (size_t pair = first; pair < end; pair++) {
        size_t in = pair / parts * (MOST_FROM / VECTOR), out = pair % parts * (MOST_TO / VECTOR);
        size_t ins = least(MOST_FROM / VECTOR, g->from.blocks - in),
               outs = least(MOST_TO / VECTOR, g->to.blocks - out);
        const winograd_filters f = {g->in,        g->out,       in * VECTOR,
                                    ins * VECTOR, out * VECTOR, outs * VECTOR};
        size_t step = winograd_filter_step(f.ins, f.outs);
        for (size_t p = 0; p < WINOGRAD_POSITIONS; p++) {
            const winograd_strips inputs = {g->inputs + p * in_step + in * WINOGRAD_PANEL,
                                            winograd_strip_floats(g->from.blocks * VECTOR),
                                            g->strips, ins},
                                  outputs = {g->outputs + p * out_step + out * WINOGRAD_PANEL,
                                             winograd_strip_floats(g->to.blocks * VECTOR),
                                             g->strips, outs};
            winograd_correlate(&inputs, &outputs, false, sums + p * step);
        }
        winograd_reduce_sums(sums, &f, g->gradient);
    }
}

static void correlate_group(wide_group *g)
{
    size_t pairs = parts_of(g->from.blocks, MOST_FROM) * parts_of(g->to.blocks, MOST_TO);
    kernels_share(g->state->threads, g->strips, read_inputs, g);
    kernels_share(g->state->threads, g->strips, read_outputs, g);
    kernels_share(g->state->threads, pairs, correlate, g);
}

static wide_group begin_groups(const convolution_kernel *k, const convolution_operands *o)
{
    const convolution_spec *s = &k->spec;
    const wide_state *t = k->state;
    winograd_tiles in = winograd_cut(s->in, k->x_bf16), out = winograd_cut(s->out, k->y_bf16);
    wide_group g = {.state = t,
                    .from = in,
                    .to = out,
                    .read = o->x,
                    .read_too = o->dy,
                    .written = o->y,
                    .weights = o->weights,
                    .inputs = o->scratch,
                    .in = (size_t)s->in.c,
                    .out = (size_t)s->out.c};
    g.outputs = g.inputs + t->inputs_floats;
    g.filters = g.outputs + t->outputs_floats;
    if (k->pass != CONVOLUTION_BACKWARD_DATA) return g;
    g.adjoint = true;
    g.from = out, g.to = in;
    g.read = o->dy, g.written = o->dx;
    return g;
}

static void run(const convolution_kernel *k, const convolution_operands *o, void *kept)
{
    const convolution_spec *s = &k->spec;
    bool weights = k->pass == CONVOLUTION_BACKWARD_WEIGHTS;
    wide_group g = begin_groups(k, o);
    g.gradient = kept;
    if (weights && is_first_run(o)) memset(kept, 0, k->kept_bytes);
    size_t strips = (g.from.count + WINOGRAD_STRIP - 1) / WINOGRAD_STRIP;
    for (size_t strip = 0; strip < strips; strip += GROUP_STRIPS) {
        g.first = strip * WINOGRAD_STRIP;
        g.strips = least(GROUP_STRIPS, strips - strip);
        if (weights)
            correlate_group(&g);
        else
            convolve_group(&g);
    }
    if (weights && is_last_run(k, o)) winograd_add_weights(kept, s->in.c, s->out.c, o->dweights);
}

static void destroy(convolution_kernel *k)
{
    free(k->state);
    k->state = NULL;
}

const convolution_backend convolution_winograd_wide = {
    .serves = serves,
    .create = create,
    .run = run,
    .suits_portions = suits_portions,
    .destroy = destroy,
};
