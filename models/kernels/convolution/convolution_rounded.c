// models/kernels/convolution/convolution_rounded.c -- what a processor with instructions for bf16
// numbers computes, on any other.
//
// Images come as bf16 numbers, weights are rounded to such, and im2col multiplies both as floats:
// products of bf16 numbers are exact in float32. Images that a pass writes are stored as the spec
// says; gradients of weights are floats. Slow: it serves tests, which plan and run nets of bf16
// products with it where the processor has none.
#include "base/arena.h"
#include "models/kernels/bf16.h"
#include "models/kernels/convolution/convolution_backend.h"

#include <stdlib.h>

static size_t float_bytes(shape s)
{
    return arena_padded(shape_count(s) * sizeof(float));
}

static shape weights_of(const convolution_spec *s)
{
    return (shape){s->out.c, s->in.c, s->kernel, s->kernel};
}

// Scratch: x, y and the weights as floats, then the products' own.
static size_t images_bytes(const convolution_spec *s)
{
    return float_bytes(s->in) + float_bytes(s->out) + float_bytes(weights_of(s));
}

static bool serves(const convolution_spec *spec, convolution_pass pass)
{
    (void)pass;
    return convolution_multiplies_bf16(spec->arithmetic);
}

static bool suits_portions(const convolution_spec *spec, convolution_pass pass)
{
    return convolution_im2col.suits_portions(spec, pass);
}

static status create(convolution_kernel *k)
{
    convolution_kernel *products = calloc(1, sizeof *products);
    CHECK(products != NULL, ST_INTERNAL, "no memory for a convolution");
    *products = *k;
    k->state = products;
    TRY(convolution_im2col.create(products));
    k->name = "rounded";
    k->x_bf16 = k->pass != CONVOLUTION_BACKWARD_DATA || k->spec.in_bf16;
    k->y_bf16 = k->pass != CONVOLUTION_FORWARD || k->spec.out_bf16;
    k->scratch_bytes = images_bytes(&k->spec) + products->scratch_bytes;
    return ST_OK;
}

static void round_floats(const float *x, size_t count, float *rounded)
{
    uint16_t numbers[256];
    for (size_t at = 0; at < count; at += 256) {
        size_t few = count - at < 256 ? count - at : 256;
        bf16_from_floats(x + at, few, numbers);
        bf16_to_floats(numbers, few, rounded + at);
    }
}

static void write_image(const float *from, size_t count, bool bf16, void *to)
{
    if (bf16)
        bf16_from_floats(from, count, to);
    else
        memcpy(to, from, count * sizeof *from);
}

static void run(const convolution_kernel *k, const convolution_operands *o, void *kept)
{
    const convolution_spec *s = &k->spec;
    const convolution_kernel *products = k->state;
    size_t in = shape_count(s->in), out = shape_count(s->out);
    float *x = o->scratch, *y = x + float_bytes(s->in) / sizeof *x,
          *weights = y + float_bytes(s->out) / sizeof *y;
    bool writes_x = k->pass == CONVOLUTION_BACKWARD_DATA, writes_y = k->pass == CONVOLUTION_FORWARD;
    if (!writes_x) bf16_to_floats(o->x, in, x);
    if (!writes_y) bf16_to_floats(o->dy, out, y);
    if (o->weights != NULL) round_floats(o->weights, shape_count(weights_of(s)), weights);
    const convolution_operands own = {.x = x,
                                      .dy = y,
                                      .weights = weights,
                                      .y = y,
                                      .dx = x,
                                      .dweights = o->dweights,
                                      .scratch = x + images_bytes(s) / sizeof *x,
                                      .first = o->first};
    convolution_im2col.run(products, &own, kept);
    if (writes_x) write_image(x, in, k->x_bf16, o->dx);
    if (writes_y) write_image(y, out, k->y_bf16, o->y);
}

static void destroy(convolution_kernel *k)
{
    convolution_kernel *products = k->state;
    if (products != NULL) convolution_im2col.destroy(products);
    free(products);
    k->state = NULL;
}

const convolution_backend convolution_rounded = {
    .serves = serves,
    .create = create,
    .run = run,
    .suits_portions = suits_portions,
    .destroy = destroy,
};
