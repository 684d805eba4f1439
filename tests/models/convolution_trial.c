// tests/models/convolution_trial.c -- tensors of a convolution in plain and blocked layouts, as
// floats or bf16 numbers.
#include "tests/models/convolution_trial.h"

#include "tests/check.h"

#include "base/rng.h"
#include "models/kernels/bf16.h"
#include "models/kernels/layout.h"
#include "models/kernels/reference.h"

#include <math.h>
#include <stdlib.h>

float *new_floats(size_t count)
{
    float *x = aligned_alloc(64, (count * sizeof *x + 63) / 64 * 64);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++)
        x[i] = NAN;
    return x;
}

static float *new_random(size_t count, uint64_t seed)
{
    float *x = new_floats(count);
    rng r = rng_open(seed, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_range(&r, -1, 1);
    return x;
}

convolution_spec new_spec(const size_case *c, int in_block, int out_block)
{
    convolution_spec s = {.in = {2, c->in, c->height, c->width},
                          .in_block = in_block,
                          .out_block = out_block,
                          .kernel = c->kernel,
                          .stride = c->stride,
                          .pad = c->pad};
    s.out = (shape){2, c->out, convolution_size(c->height, c->kernel, c->stride, c->pad),
                    convolution_size(c->width, c->kernel, c->stride, c->pad)};
    return s;
}

void open_trial(trial *t, const convolution_spec *spec)
{
    size_t in = shape_count(spec->in), out = shape_count(spec->out);
    *t = (trial){.spec = *spec,
                 .weights_shape = {spec->out.c, spec->in.c, spec->kernel, spec->kernel}};
    t->x = new_random(in, 1);
    t->dy = new_random(out, 2);
    t->weights = new_random(shape_count(t->weights_shape), 3);
    t->dweights = new_random(shape_count(t->weights_shape), 4);
    t->y = new_floats(out);
    t->dx = new_floats(in);
    t->x_blocked = new_floats(in);
    t->dx_blocked = new_floats(in);
    t->dy_blocked = new_floats(out);
    t->y_blocked = new_floats(out);
    layout_from_plain(spec->in, spec->in_block, t->x, t->x_blocked);
    layout_from_plain(spec->out, spec->out_block, t->dy, t->dy_blocked);
}

void close_trial(trial *t)
{
    float *all[] = {t->x,        t->dy,        t->weights,    t->y,         t->dx,
                    t->dweights, t->x_blocked, t->dy_blocked, t->y_blocked, t->dx_blocked};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

void *new_stored(const float *x, size_t count, bool bf16)
{
    void *copy = new_floats(count);
    if (bf16)
        bf16_from_floats(x, count, copy);
    else
        memcpy(copy, x, count * sizeof *x);
    return copy;
}

// Copies back as floats, and frees.
static void read_stored(void *stored, float *x, size_t count, bool bf16)
{
    if (bf16)
        bf16_to_floats(stored, count, x);
    else
        memcpy(x, stored, count * sizeof *x);
    free(stored);
}

convolution_operands operands(const trial *t, void *scratch)
{
    return (convolution_operands){.x = t->x_blocked,
                                  .dy = t->dy_blocked,
                                  .weights = t->weights,
                                  .y = t->y_blocked,
                                  .dx = t->dx_blocked,
                                  .dweights = t->dweights,
                                  .scratch = scratch};
}

// Views of images that begin with sample `first`.
static convolution_operands from_sample(const trial *t, const convolution_operands *o, int first,
                                        bool x_bf16, bool y_bf16)
{
    const convolution_spec *s = &t->spec;
    size_t x = shape_count(s->in) / (size_t)s->in.n * (size_t)first * (x_bf16 ? 2 : 4),
           y = shape_count(s->out) / (size_t)s->out.n * (size_t)first * (y_bf16 ? 2 : 4);
    convolution_operands part = *o;
    part.first = first;
    part.x = (const char *)o->x + x;
    part.dx = (char *)o->dx + x;
    part.dy = (const char *)o->dy + y;
    part.y = (char *)o->y + y;
    return part;
}

void run_stored(const trial *t, const stored_run *r, void *scratch)
{
    size_t in = shape_count(t->spec.in), out = shape_count(t->spec.out);
    convolution_operands o = operands(t, scratch);
    void *x = new_stored(t->x_blocked, in, r->x_bf16),
         *dx = new_stored(t->dx_blocked, in, r->x_bf16);
    void *dy = new_stored(t->dy_blocked, out, r->y_bf16),
         *y = new_stored(t->y_blocked, out, r->y_bf16);
    o.x = x;
    o.dx = dx;
    o.dy = dy;
    o.y = y;
    void *kept = new_floats(r->backend != NULL ? r->kernel->kept_bytes / sizeof(float) : 0);
    for (int first = 0; first < t->spec.in.n; first += r->portion) {
        convolution_operands part = from_sample(t, &o, first, r->x_bf16, r->y_bf16);
        if (r->backend != NULL)
            r->backend->run(r->kernel, &part, kept);
        else
            convolution_run(r->whole, r->pass, &part);
    }
    free(kept);
    read_stored(dx, t->dx_blocked, in, r->x_bf16);
    read_stored(y, t->y_blocked, out, r->y_bf16);
    free(x);
    free(dy);
}

float *plain_result(const trial *t, convolution_pass pass, shape *s)
{
    if (pass == CONVOLUTION_FORWARD) {
        *s = t->spec.out;
        layout_to_plain(*s, t->spec.out_block, t->y_blocked, t->y);
        return t->y;
    }
    if (pass == CONVOLUTION_BACKWARD_DATA) {
        *s = t->spec.in;
        layout_to_plain(*s, t->spec.in_block, t->dx_blocked, t->dx);
        return t->dx;
    }
    *s = t->weights_shape;
    return t->dweights;
}

float *reference_result(const trial *t, convolution_pass pass)
{
    if (pass == CONVOLUTION_FORWARD) {
        float *y = new_floats(shape_count(t->spec.out));
        reference_convolution(&t->spec, t->x, t->weights, y);
        return y;
    }
    if (pass == CONVOLUTION_BACKWARD_DATA) {
        float *dx = new_floats(shape_count(t->spec.in));
        reference_convolution_data(&t->spec, t->dy, t->weights, dx);
        return dx;
    }
    float *dweights = new_random(shape_count(t->weights_shape), 4); // as in open_trial
    reference_convolution_weights(&t->spec, t->x, t->dy, dweights);
    return dweights;
}

void assert_close(const trial *t, const convolution_kernel *k, const float *expected,
                  const float *got, size_t count)
{
    float most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(expected[i]));
    float tolerance = most * (t->spec.arithmetic.bf16                        ? 6e-3f
                              : t->spec.arithmetic.way == CONVOLUTION_DIRECT ? 2e-6f
                                                                             : 3e-5f);
    const convolution_spec *s = &t->spec;
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(got[i] - expected[i]) <= tolerance))
            fail_msg("%s, pass %d, %d -> %d channels, %d x %d, kernel %d, stride %d, pad %d, "
                     "blocks %d -> %d: expected %g at %zu, got %g",
                     k->name, (int)k->pass, s->in.c, s->out.c, s->in.h, s->in.w, s->kernel,
                     s->stride, s->pad, s->in_block, s->out_block, (double)expected[i], i,
                     (double)got[i]);
}
