// Every backend's three passes against the plain loops of reference.h, in every layout it serves.
#include "tests/check.h"

#include "base/rng.h"
#include "models/kernels/bf16.h"
#include "models/kernels/convolution_backend.h"
#include "models/kernels/lanes.h"
#include "models/kernels/layout.h"
#include "models/kernels/reference.h"
#include "models/kernels/threads.h"

#include <math.h>
#include <stdlib.h>

typedef struct size_case {
    int in, height, width, out, kernel, stride, pad;
} size_case;

static const size_case cases[] = {
    {1, 9, 7, 7, 3, 1, 1},     {7, 8, 9, 33, 3, 2, 1},   {33, 6, 5, 1, 1, 1, 0},
    {33, 6, 7, 7, 1, 2, 0},    {3, 11, 10, 16, 7, 2, 3}, {3, 10, 9, 32, 9, 1, 4},
    {16, 8, 8, 16, 3, 1, 1},   {16, 7, 9, 32, 3, 2, 1},  {16, 8, 6, 48, 1, 2, 0},
    {32, 8, 8, 32, 3, 1, 1},   {64, 4, 4, 32, 3, 1, 1},  {32, 7, 9, 48, 3, 1, 1},
    {24, 6, 5, 8, 3, 1, 1},    {8, 5, 5, 24, 5, 1, 0},   {32, 9, 8, 3, 9, 1, 4},
    {16, 5, 5, 33, 3, 1, 2},   {5, 3, 4, 4, 3, 1, 3},    {6, 1, 1, 8, 3, 2, 1},
    {16, 46, 45, 16, 3, 1, 1}, {48, 5, 6, 16, 3, 1, 1},  {16, 2, 1, 48, 3, 1, 1},
};
#define CASE_COUNT (sizeof cases / sizeof *cases)

// A spec with its tensors: plain, and x, y, dx in the spec's blocks. dy, weights and x are random.
typedef struct trial {
    convolution_spec spec;
    shape weights_shape;
    float *x, *dy, *weights, *y, *dx, *dweights; // plain
    float *x_blocked, *dy_blocked, *y_blocked, *dx_blocked;
} trial;

static float *new_floats(size_t count)
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

static convolution_spec new_spec(const size_case *c, int in_block, int out_block)
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

static void open_trial(trial *t, const convolution_spec *spec)
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

static void close_trial(trial *t)
{
    float *all[] = {t->x,        t->dy,        t->weights,    t->y,         t->dx,
                    t->dweights, t->x_blocked, t->dy_blocked, t->y_blocked, t->dx_blocked};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

// The array as it is, or rounded to bf16 in new memory, as a kernel or a spec has it; freed by the caller.
static void *new_stored(const float *x, size_t count, bool bf16)
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

static convolution_operands operands(const trial *t, void *scratch)
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

// How a pass is run: by a backend's kernel, or by a whole convolution.
typedef struct stored_run {
    int portion;         // samples at a time
    bool x_bf16, y_bf16; // how images are stored
    const convolution_backend *backend;
    const convolution_kernel *kernel;
    const convolution *whole;
    convolution_pass pass;
} stored_run;

static void run_stored(const trial *t, const stored_run *r, void *scratch)
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

// The result of a pass in plain layout; its shape in *s.
static float *plain_result(const trial *t, convolution_pass pass, shape *s)
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

static float *reference_result(const trial *t, convolution_pass pass)
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

// Rounding errors are held against the largest value: single ones may be sums that cancel.
static void assert_close(const trial *t, const convolution_kernel *k, const float *expected,
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

// False: the backend does not serve this pass. *expected is the reference's result, the same in all layouts; it is
// computed when it is NULL, and freed by the caller.
static bool check_portions(const convolution_backend *backend, const convolution_spec *spec,
                           int portion, convolution_pass pass, float **expected)
{
    convolution_kernel k = {.spec = *spec, .pass = pass, .batch = spec->in.n};
    k.spec.in.n = k.spec.out.n = portion;
    if (!backend->serves(&k.spec, pass)) return false;
    trial t;
    open_trial(&t, spec);
    assert_ok(backend->create(&k));
    void *scratch = new_floats(k.scratch_bytes / sizeof(float));
    const stored_run r = {portion, k.x_bf16, k.y_bf16, backend, &k, NULL, pass};
    run_stored(&t, &r, scratch);
    shape s;
    const float *got = plain_result(&t, pass, &s);
    if (*expected == NULL) *expected = reference_result(&t, pass);
    assert_close(&t, &k, *expected, got, shape_count(s));
    free(scratch);
    backend->destroy(&k);
    close_trial(&t);
    return true;
}

// A batch at once, and sample by sample where the backend offers that.
static bool check_pass(const convolution_backend *backend, const convolution_spec *spec,
                       convolution_pass pass, float **expected)
{
    if (backend->suits_portions(spec, pass)) check_portions(backend, spec, 1, pass, expected);
    return check_portions(backend, spec, spec->in.n, pass, expected);
}

// All passes of all cases in all layouts; returns how many the backend served.
static int check_backend(const convolution_backend *backend, convolution_way way, bool bf16)
{
    const int blocks[] = {1, 8, 16};
    int served = 0;
    for (size_t i = 0; i < CASE_COUNT; i++) {
        float *expected[CONVOLUTION_PASSES] = {NULL};
        for (int b = 0; b < 9; b++) {
            int in_block = blocks[b % 3], out_block = blocks[b / 3];
            if (cases[i].in % in_block != 0 || cases[i].out % out_block != 0) continue;
            convolution_spec spec = new_spec(&cases[i], in_block, out_block);
            spec.arithmetic = (arithmetic){way, bf16};
            for (int pass = 0; pass < CONVOLUTION_PASSES; pass++)
                served += check_pass(backend, &spec, (convolution_pass)pass, &expected[pass]);
        }
        for (int pass = 0; pass < CONVOLUTION_PASSES; pass++)
            free(expected[pass]);
    }
    return served;
}

static void im2col_is_the_reference(void **state)
{
    (void)state;
    assert_true(check_backend(&convolution_im2col, CONVOLUTION_DIRECT, false) >=
                3 * (int)CASE_COUNT);
}

// Several groups of strips, several parts of inputs and of outputs, of which the last are smaller.
static const size_case wide_cases[] = {{96, 30, 29, 80, 3, 1, 1}, {208, 3, 2, 144, 3, 1, 1}};

static void many_channels_are_the_reference(void **state)
{
    (void)state;
    if (VECTOR < 8) skip();
    for (int i = 0; i < 2; i++)
        for (int pass = 0; pass < CONVOLUTION_PASSES; pass++) {
            convolution_spec spec = new_spec(&wide_cases[i], VECTOR, VECTOR);
            float *expected = NULL;
            assert_true(
                check_pass(&convolution_winograd_wide, &spec, (convolution_pass)pass, &expected));
            assert_true(check_portions(&convolution_winograd_wide, &spec, 1, (convolution_pass)pass,
                                       &expected));
            free(expected);
        }
}

static void winograd_is_the_reference(void **state)
{
    (void)state;
    if (VECTOR < 8) skip();
    assert_int_equal(check_backend(&convolution_winograd, CONVOLUTION_DIRECT, false), 0);
    assert_true(check_backend(&convolution_winograd, CONVOLUTION_WINOGRAD, false) >= 12);
    assert_int_equal(check_backend(&convolution_winograd_wide, CONVOLUTION_DIRECT, false), 0);
    assert_true(check_backend(&convolution_winograd_wide, CONVOLUTION_WINOGRAD, false) >= 12);
}

// The result of a pass by some threads, the caller's to free.
static float *run_threads(const convolution_backend *backend, const convolution_spec *spec,
                          convolution_pass pass, int threads, size_t *count)
{
    kernels_set_threads(threads);
    trial t;
    open_trial(&t, spec);
    convolution_kernel k = {.spec = *spec, .pass = pass};
    assert_ok(backend->create(&k));
    void *scratch = new_floats(k.scratch_bytes / sizeof(float)),
         *kept = new_floats(k.kept_bytes / sizeof(float));
    const convolution_operands o = operands(&t, scratch);
    backend->run(&k, &o, kept);
    shape s;
    const float *got = plain_result(&t, pass, &s);
    *count = shape_count(s);
    float *result = new_stored(got, *count, false);
    free(scratch), free(kept);
    backend->destroy(&k);
    close_trial(&t);
    kernels_set_threads(1);
    return result;
}

// Threads share the work out without a change of bits.
static void winograd_has_the_same_bits_on_any_threads(void **state)
{
    (void)state;
    if (VECTOR < 8) skip();
    const convolution_backend *backends[] = {&convolution_winograd, &convolution_winograd_wide};
    const size_case sizes[] = {{32, 46, 45, 48, 3, 1, 1}, wide_cases[0]};
    for (int i = 0; i < 2; i++)
        for (int pass = 0; pass < CONVOLUTION_PASSES; pass++) {
            const convolution_spec spec = new_spec(&sizes[i], VECTOR, VECTOR);
            size_t count;
            float *alone = run_threads(backends[i], &spec, (convolution_pass)pass, 1, &count);
            for (int threads = 2; threads <= 3; threads++) {
                float *got =
                    run_threads(backends[i], &spec, (convolution_pass)pass, threads, &count);
                assert_memory_equal(alone, got, count * sizeof *got);
                free(got);
            }
            free(alone);
        }
}

static void onednn_is_the_reference(void **state)
{
    (void)state;
#ifdef BASIN_HAS_ONEDNN
    if (convolution_onednn_block() == 1) skip();
    assert_true(check_backend(&convolution_onednn, CONVOLUTION_DIRECT, false) >= 10);
    assert_true(check_backend(&convolution_onednn, CONVOLUTION_AUTO, false) >= 10);
    if (!convolution_has_bf16()) return;
    assert_true(check_backend(&convolution_onednn, CONVOLUTION_DIRECT, true) >= 10);
#else
    skip();
#endif
}

static double inner_product(const float *a, const float *b, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += (double)a[i] * (double)b[i];
    return sum;
}

// Images stored as bf16 numbers or floats, whatever a pass multiplies.
static void stored_numbers_are_converted(void **state)
{
    (void)state;
    const size_case sizes[] = {{32, 9, 8, 48, 3, 1, 1}, {80, 9, 8, 96, 3, 1, 1}};
    for (int i = 0; i < 16; i++) {
        const size_case *size = &sizes[i / 8];
        convolution_spec spec = new_spec(size, convolution_out_block(size->in, 1), 1);
        spec.out_block = convolution_out_block(size->out, spec.in_block);
        spec.in_bf16 = i & 1;
        spec.out_bf16 = i & 2;
        spec.arithmetic.bf16 = (i & 4) && convolution_has_bf16();
        trial t;
        open_trial(&t, &spec);
        convolution *c;
        assert_ok(convolution_create(&c, &spec, true));
        void *scratch = new_floats(convolution_scratch_bytes(c) / sizeof(float));
        for (int pass = 0; pass < CONVOLUTION_PASSES; pass++) {
            const stored_run r = {spec.in.n, spec.in_bf16,          spec.out_bf16, NULL, NULL,
                                  c,         (convolution_pass)pass};
            run_stored(&t, &r, scratch);
            shape s;
            const float *got = plain_result(&t, (convolution_pass)pass, &s);
            float *expected = reference_result(&t, (convolution_pass)pass);
            const convolution_kernel k = {.name =
                                              convolution_kernel_name(c, (convolution_pass)pass),
                                          .pass = (convolution_pass)pass};
            t.spec.arithmetic.bf16 = true; // the tolerance
            assert_close(&t, &k, expected, got, shape_count(s));
            free(expected);
        }
        free(scratch);
        convolution_destroy(c);
        close_trial(&t);
    }
}

// <conv(x, w), dy> = <x, dx> = <w, dw>: the three passes are one trilinear form.
static void check_adjoint(const size_case *size)
{
    int in_block = convolution_out_block(size->in, 1);
    convolution_spec spec = new_spec(size, in_block, convolution_out_block(size->out, in_block));
    trial t;
    open_trial(&t, &spec);
    memset(t.dweights, 0, shape_count(t.weights_shape) * sizeof(float));
    convolution *c;
    assert_ok(convolution_create(&c, &spec, true));
    void *scratch = new_floats(convolution_scratch_bytes(c) / sizeof(float));
    convolution_operands o = operands(&t, scratch);
    for (int pass = 0; pass < CONVOLUTION_PASSES; pass++)
        convolution_run(c, (convolution_pass)pass, &o);
    double form = inner_product(t.y_blocked, t.dy_blocked, shape_count(spec.out));
    double by_x = inner_product(t.x_blocked, t.dx_blocked, shape_count(spec.in));
    double by_w = inner_product(t.weights, t.dweights, shape_count(t.weights_shape));
    double size_of_terms = sqrt(inner_product(t.y_blocked, t.y_blocked, shape_count(spec.out)) *
                                inner_product(t.dy_blocked, t.dy_blocked, shape_count(spec.out)));
    assert_true(fabs(form - by_x) < 1e-5 * size_of_terms);
    assert_true(fabs(form - by_w) < 1e-5 * size_of_terms);
    free(scratch);
    convolution_destroy(c);
    close_trial(&t);
}

static void passes_are_adjoint(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASE_COUNT; i++)
        check_adjoint(&cases[i]);
}

// Layers of a residual net of width 16 and 64 must not fall to the slow backend.
static void onednn_serves_residual_nets(void **state)
{
    (void)state;
#ifdef BASIN_HAS_ONEDNN
    if (convolution_onednn_block() == 1) skip();
    const size_case layers[] = {{3, 32, 32, 16, 3, 1, 1},  {16, 32, 32, 16, 3, 1, 1},
                                {16, 32, 32, 32, 3, 2, 1}, {16, 32, 32, 32, 1, 2, 0},
                                {128, 4, 4, 128, 3, 1, 1}, {64, 8, 8, 256, 1, 1, 0},
                                {128, 8, 8, 128, 3, 2, 1}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        int in_block = layers[i].in == 3 ? 1 : convolution_out_block(layers[i].in, 1);
        convolution_spec spec =
            new_spec(&layers[i], in_block, convolution_out_block(layers[i].out, in_block));
        convolution *c;
        assert_ok(convolution_create(&c, &spec, true));
        for (int pass = 0; pass < CONVOLUTION_PASSES; pass++) {
            bool images = layers[i].in == 3 && pass == CONVOLUTION_BACKWARD_DATA;
            if (!images) // nobody asks for the gradient of the images
                assert_string_not_equal(convolution_kernel_name(c, (convolution_pass)pass),
                                        "im2col");
        }
        convolution_destroy(c);
    }
#else
    skip();
#endif
}

static void blocks_divide_the_channels(void **state)
{
    (void)state;
    const int blocks[] = {1, 8, 16};
    for (int channels = 1; channels <= 64; channels++)
        for (int b = 0; b < 3; b++) {
            int block = convolution_out_block(channels, blocks[b]);
            assert_true(block == 1 || block == 8 || block == 16);
            assert_int_equal(channels % block, 0);
        }
}

static void sizes_are_those_of_pytorch(void **state)
{
    (void)state;
    assert_int_equal(convolution_size(32, 3, 1, 1), 32);
    assert_int_equal(convolution_size(32, 3, 2, 1), 16);
    assert_int_equal(convolution_size(224, 7, 2, 3), 112);
    assert_int_equal(convolution_size(7, 1, 2, 0), 4);
    assert_int_equal(convolution_size(3, 3, 1, 0), 1);
    assert_true(convolution_size(2, 3, 1, 0) < 1);
}

int main(void)
{
    kernels_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(im2col_is_the_reference),
        cmocka_unit_test(winograd_is_the_reference),
        cmocka_unit_test(winograd_has_the_same_bits_on_any_threads),
        cmocka_unit_test(onednn_is_the_reference),
        cmocka_unit_test(many_channels_are_the_reference),
        cmocka_unit_test(stored_numbers_are_converted),
        cmocka_unit_test(passes_are_adjoint),
        cmocka_unit_test(onednn_serves_residual_nets),
        cmocka_unit_test(blocks_divide_the_channels),
        cmocka_unit_test(sizes_are_those_of_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
