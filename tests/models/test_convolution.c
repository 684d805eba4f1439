// Every backend's three passes against the plain loops of reference.h, in every layout it serves.
#include "tests/check.h"
#include "tests/models/convolution_trial.h"

#include "models/kernels/lanes.h"
#include "models/kernels/threads.h"

#include <math.h>
#include <stdlib.h>

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

// False: the backend does not serve this pass. *expected is the reference's result, the same in all
// layouts; it is computed when it is NULL, and freed by the caller.
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
            spec.arithmetic = (arithmetic){.way = way, .bf16 = bf16};
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
    if (!convolution_multiplies_bf16((arithmetic){.bf16 = true})) return; // the same as float32
    assert_true(check_backend(&convolution_onednn, CONVOLUTION_DIRECT, true) >= 10);
#else
    skip();
#endif
}

// The plain kernel of bf16 products, on every machine.
static void rounded_is_the_reference(void **state)
{
    (void)state;
    for (int block = 1; block <= 16; block *= 16)
        for (size_t i = 0; i < CASE_COUNT; i++)
            for (int pass = 0; pass < CONVOLUTION_PASSES; pass++) {
                const arithmetic a = {.bf16 = true, .products = BF16_ALWAYS, .block = block};
                convolution_spec spec = new_spec(&cases[i], 1, 1);
                spec.in_block = convolution_out_block(a, cases[i].in, 1);
                spec.out_block = convolution_out_block(a, cases[i].out, spec.in_block);
                spec.arithmetic = a;
                float *expected = NULL;
                assert_true(
                    check_pass(&convolution_rounded, &spec, (convolution_pass)pass, &expected));
                free(expected);
                spec.arithmetic.products = BF16_NEVER;
                assert_false(convolution_rounded.serves(&spec, (convolution_pass)pass));
            }
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
        convolution_spec spec =
            new_spec(size, convolution_out_block((arithmetic){0}, size->in, 1), 1);
        spec.out_block = convolution_out_block((arithmetic){0}, size->out, spec.in_block);
        spec.in_bf16 = i & 1;
        spec.out_bf16 = i & 2;
        spec.arithmetic.bf16 = i & 4;
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
    int in_block = convolution_out_block((arithmetic){0}, size->in, 1);
    convolution_spec spec =
        new_spec(size, in_block, convolution_out_block((arithmetic){0}, size->out, in_block));
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
        int in_block =
            layers[i].in == 3 ? 1 : convolution_out_block((arithmetic){0}, layers[i].in, 1);
        convolution_spec spec = new_spec(
            &layers[i], in_block, convolution_out_block((arithmetic){0}, layers[i].out, in_block));
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
            int block = convolution_out_block((arithmetic){0}, channels, blocks[b]);
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
        cmocka_unit_test(rounded_is_the_reference),
        cmocka_unit_test(many_channels_are_the_reference),
        cmocka_unit_test(stored_numbers_are_converted),
        cmocka_unit_test(passes_are_adjoint),
        cmocka_unit_test(onednn_serves_residual_nets),
        cmocka_unit_test(blocks_divide_the_channels),
        cmocka_unit_test(sizes_are_those_of_pytorch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
