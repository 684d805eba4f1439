// Matrix products, pooling and layouts against the plain loops of reference.h.
#include "tests/check.h"

#include "base/rng.h"
#include "models/kernels/bf16.h"
#include "models/kernels/blas_core.h"
#include "models/kernels/layout.h"
#include "models/kernels/matmul.h"
#include "models/kernels/reference.h"
#include "models/kernels/threads.h"
#include "models/kernels/version.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *new_random(size_t count, uint64_t seed)
{
    float *x = malloc(count * sizeof *x);
    assert_non_null(x);
    rng r = rng_open(seed, RNG_TEST, 0, 0, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_range(&r, -1, 1);
    return x;
}

static void assert_close(const float *expected, const float *got, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(expected[i] - got[i]) <= 2e-5f * fmaxf(1, fabsf(expected[i]))))
            fail_msg("expected %g at %zu, got %g", (double)expected[i], i, (double)got[i]);
}

static void check_matmul(int m, int n, int k, int transposes)
{
    bool transpose_a = transposes & 1, transpose_b = transposes & 2;
    float *a = new_random((size_t)m * (size_t)k, 1), *b = new_random((size_t)k * (size_t)n, 2);
    size_t count = (size_t)m * (size_t)n;
    float *c = new_random(count, 3), *expected = new_random(count, 3);
    matmul(transpose_a, transpose_b, m, n, k, 0.7f, a, b, -1.5f, c);
    reference_matmul(transpose_a, transpose_b, m, n, k, 0.7f, a, b, -1.5f, expected);
    assert_close(expected, c, count);
    for (size_t i = 0; i < count; i++)
        c[i] = NAN;
    matmul(transpose_a, transpose_b, m, n, k, 2, a, b, 0, c);
    reference_matmul(transpose_a, transpose_b, m, n, k, 2, a, b, 0, expected);
    assert_close(expected, c, count);
    free(a);
    free(b);
    free(c);
    free(expected);
}

static void matmul_is_the_reference(void **state)
{
    (void)state;
    const int sizes[] = {1, 7, 33};
    for (int i = 0; i < 27; i++)
        for (int transposes = 0; transposes < 4; transposes++)
            check_matmul(sizes[i % 3], sizes[i / 3 % 3], sizes[i / 9], transposes);
}

static const pooling_spec poolings[] = {
    {.in = {2, 16, 9, 8}, .kernel = 3, .stride = 2, .pad = 1},
    {.in = {1, 32, 6, 6}, .kernel = 2, .stride = 2, .pad = 0},
    {.in = {2, 16, 5, 7}, .kernel = 5, .stride = 1, .pad = 2},
    {.in = {1, 48, 4, 4}, .kernel = 1, .stride = 3, .pad = 0},
    {.in = {3, 16, 1, 2}, .kernel = 3, .stride = 2, .pad = 1},
    {.in = {1, 16, 16, 15}, .kernel = 15, .stride = 4, .pad = 7},
};
#define POOLING_COUNT (sizeof poolings / sizeof *poolings)

// Calls check for every pooling in every block.
static void for_each_pooling(void (*check)(const pooling_spec *s))
{
    const int blocks[] = {1, 8, 16};
    for (size_t i = 0; i < POOLING_COUNT * 3; i++) {
        pooling_spec s = poolings[i / 3];
        s.block = blocks[i % 3];
        s.out = (shape){s.in.n, s.in.c, convolution_size(s.in.h, s.kernel, s.stride, s.pad),
                        convolution_size(s.in.w, s.kernel, s.stride, s.pad)};
        check(&s);
    }
}

// Tensors of one pooling, plain and in its block.
typedef struct pooling_trial {
    float *x, *dy, *y, *dx, *expected_y, *expected_dx; // plain
    float *x_blocked, *dy_blocked, *y_blocked, *dx_blocked;
} pooling_trial;

// Few distinct values, so that windows hold equal ones.
static float *new_coarse(size_t count, uint64_t seed)
{
    float *x = new_random(count, seed);
    for (size_t i = 0; i < count; i++)
        x[i] = roundf(2 * x[i]);
    return x;
}

static void open_pooling(pooling_trial *t, const pooling_spec *s)
{
    size_t in = shape_count(s->in), out = shape_count(s->out);
    t->x = new_coarse(in, 1);
    t->dy = new_random(out, 2);
    float **inputs[] = {&t->dx, &t->expected_dx, &t->x_blocked, &t->dx_blocked};
    float **outputs[] = {&t->y, &t->expected_y, &t->dy_blocked, &t->y_blocked};
    for (int i = 0; i < 4; i++) {
        *inputs[i] = new_random(in, 3);
        *outputs[i] = new_random(out, 4);
    }
    layout_from_plain(s->in, s->block, t->x, t->x_blocked);
    layout_from_plain(s->out, s->block, t->dy, t->dy_blocked);
}

static void check_and_close(pooling_trial *t, const pooling_spec *s)
{
    layout_to_plain(s->out, s->block, t->y_blocked, t->y);
    layout_to_plain(s->in, s->block, t->dx_blocked, t->dx);
    assert_close(t->expected_y, t->y, shape_count(s->out));
    assert_close(t->expected_dx, t->dx, shape_count(s->in));
    float *all[] = {t->x,           t->dy,        t->y,          t->dx,        t->expected_y,
                    t->expected_dx, t->x_blocked, t->dy_blocked, t->y_blocked, t->dx_blocked};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void check_max_pool(const pooling_spec *s)
{
    pooling_trial t;
    open_pooling(&t, s);
    uint8_t *winner = malloc(shape_count(s->out));
    assert_non_null(winner);
    max_pool_forward(s, t.x_blocked, t.y_blocked, winner);
    max_pool_backward(s, t.dy_blocked, winner, t.dx_blocked);
    free(winner);
    reference_max_pool(s, t.x, t.expected_y);
    reference_max_pool_backward(s, t.x, t.dy, t.expected_dx);
    check_and_close(&t, s);
}

static void max_pool_is_the_reference(void **state)
{
    (void)state;
    for_each_pooling(check_max_pool);
}

static void check_avg_pool(const pooling_spec *s)
{
    pooling_trial t;
    open_pooling(&t, s);
    avg_pool_forward(s, t.x_blocked, t.y_blocked);
    avg_pool_backward(s, t.dy_blocked, t.dx_blocked);
    reference_avg_pool(s, t.x, t.expected_y);
    reference_avg_pool_backward(s, t.dy, t.expected_dx);
    check_and_close(&t, s);
}

static void avg_pool_is_the_reference(void **state)
{
    (void)state;
    for_each_pooling(check_avg_pool);
}

static void max_pool_passes_nan_on(void **state)
{
    (void)state;
    pooling_spec s = {{1, 1, 2, 2}, {1, 1, 1, 1}, 1, 2, 2, 0};
    for (int place = 0; place < 4; place++) {
        float x[4] = {1, 2, 3, 4}, y = 0;
        uint8_t winner = 0;
        x[place] = NAN;
        max_pool_forward(&s, x, &y, &winner);
        assert_true(isnan(y));
    }
}

static void layouts_are_as_drawn(void **state)
{
    (void)state;
    shape s = {2, 24, 3, 2};
    float *plain = new_random(shape_count(s), 1), *blocked = new_random(shape_count(s), 2);
    float *back = new_random(shape_count(s), 3);
    layout_from_plain(s, 8, plain, blocked);
    for (int i = 0; i < (int)shape_count(s); i++) {
        int w = i % 2, h = i / 2 % 3, c = i / 6 % 24, n = i / 144;
        assert_true(blocked[(((n * 3 + c / 8) * 3 + h) * 2 + w) * 8 + c % 8] == plain[i]);
    }
    layout_to_plain(s, 8, blocked, back);
    assert_memory_equal(plain, back, shape_count(s) * sizeof *plain);
    free(plain);
    free(blocked);
    free(back);
}

static void versions_name_the_libraries(void **state)
{
    (void)state;
    char text[128], cut[8];
    kernels_versions(text, sizeof text);
    assert_non_null(strstr(text, "OpenBLAS "));
    assert_null(strstr(text, "unknown"));
    kernels_versions(cut, sizeof cut);
    assert_int_equal(strlen(cut), sizeof cut - 1);
    kernels_instruction_set(text, sizeof text);
    assert_non_null(strstr(text, "OpenBLAS "));
}

// Only a choice that must be a mistake is changed.
static void old_cores_are_not_for_new_processors(void **state)
{
    (void)state;
    assert_string_equal(blas_core_instead("Prescott", true, true), "SkylakeX");
    assert_string_equal(blas_core_instead("Prescott", true, false), "Haswell");
    assert_null(blas_core_instead("Prescott", false, false));
    assert_null(blas_core_instead("Zen", true, true));
    assert_null(blas_core_instead("Haswell", true, true));
}

static void a_core_that_is_set_is_kept(void **state)
{
    (void)state;
    assert_int_equal(setenv("OPENBLAS_CORETYPE", "Prescott", 1), 0);
    assert_null(blas_core_wanted());
    assert_int_equal(unsetenv("OPENBLAS_CORETYPE"), 0);
}

// To the nearest, halves to the even one; what is not finite stays so.
static void bf16_is_the_rounded_upper_half(void **state)
{
    (void)state;
    const float x[] = {1.0f,    -2.5f,    1.00390625f, 1.01171875f, 1.004f,
                       3.4e38f, INFINITY, -0.0f,       NAN,         -NAN};
    const uint16_t expected[] = {0x3f80, 0xc020, 0x3f80, 0x3f82, 0x3f81, 0x7f80, 0x7f80, 0x8000};
    uint16_t got[10];
    bf16_from_floats(x, 10, got);
    for (int i = 0; i < 8; i++)
        assert_int_equal(got[i], expected[i]);
    assert_true((got[8] & 0x7fff) > 0x7f80 && (got[9] & 0x7fff) > 0x7f80);
    const uint32_t nearly_infinite_nan = 0x7fffffff; // rounding up would make it -0
    float nan;
    memcpy(&nan, &nearly_infinite_nan, sizeof nan);
    bf16_from_floats(&nan, 1, got);
    assert_true((got[0] & 0x7fff) > 0x7f80);
}

int main(void)
{
    kernels_set_threads(1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matmul_is_the_reference),
        cmocka_unit_test(max_pool_is_the_reference),
        cmocka_unit_test(avg_pool_is_the_reference),
        cmocka_unit_test(max_pool_passes_nan_on),
        cmocka_unit_test(bf16_is_the_rounded_upper_half),
        cmocka_unit_test(layouts_are_as_drawn),
        cmocka_unit_test(versions_name_the_libraries),
        cmocka_unit_test(old_cores_are_not_for_new_processors),
        cmocka_unit_test(a_core_that_is_set_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
