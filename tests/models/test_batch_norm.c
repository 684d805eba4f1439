// Batch norm against sums in doubles, in every layout: batch and running statistics, large means.
#include "tests/check.h"

#include "base/rng.h"
#include "models/kernels/bf16.h"
#include "tests/models/op_trial.h"

#include <math.h>
#include <stdlib.h>

static op_trial open_trial(int block, shape s, const char *example)
{
    static op_type type; // the registry's entry with another example shape
    type = *op_find("batch_norm");
    type.example_in[0] = s;
    op_trial t;
    op_setting setting = {&type, example, 1, block, 1, true, false};
    assert_true(trial_open(&t, &setting));
    return t;
}

static size_t place(const op_trial *t, int n, int c, int pixel)
{
    shape s = t->plan.in[0];
    size_t block = (size_t)t->setting.block, image = (size_t)s.h * (size_t)s.w, wide = (size_t)c;
    return (((size_t)n * (size_t)s.c / block + wide / block) * image + (size_t)pixel) * block +
           wide % block;
}

static void moments(const op_trial *t, int c, double *mean, double *sum_of_squares)
{
    shape s = t->plan.in[0];
    *mean = *sum_of_squares = 0;
    for (int n = 0; n < s.n; n++)
        for (int i = 0; i < s.h * s.w; i++)
            *mean += (double)t->in[0][place(t, n, c, i)] / (s.n * s.h * s.w);
    for (int n = 0; n < s.n; n++)
        for (int i = 0; i < s.h * s.w; i++)
            *sum_of_squares += pow((double)t->in[0][place(t, n, c, i)] - *mean, 2);
}

// Sums over n, h, w match doubles to `tolerance`, relative.
static void check_statistics(op_trial *t, double tolerance)
{
    op_run run = trial_run(t);
    trial_forward(t, &run);
    shape s = t->plan.in[0];
    double count = s.n * s.h * s.w;
    for (int c = 0; c < s.c; c++) {
        double mean, squares;
        moments(t, c, &mean, &squares);
        double deviation = sqrt(squares / count);
        assert_true(fabs((double)t->batch_statistics[0][c] - mean) <= 1e-7 * fabs(mean) + 1e-7);
        double unbiased = squares / (count - 1);
        assert_true(fabs((double)t->batch_statistics[1][c] - unbiased) <= tolerance * unbiased);
        for (int n = 0; n < s.n; n++)
            for (int i = 0; i < s.h * s.w; i++) {
                size_t at = place(t, n, c, i);
                double y = ((double)t->in[0][at] - mean) / sqrt(squares / count + 1e-5);
                y = y * (double)t->params[0][c] + (double)t->params[1][c];
                double mean_rounding = 1e-7 * fabs(mean) / deviation;
                assert_true(fabs((double)t->out[at] - y) <= 1e-5 + mean_rounding);
            }
    }
}

static void statistics_match_sums_in_doubles(void **state)
{
    (void)state;
    const int blocks[] = {1, 8, 16};
    // Slabs of less than, equal to and beyond one vector, and beyond one run of float sums.
    const shape shapes[] = {{4, 16, 1, 1}, {5, 32, 3, 1}, {2, 16, 4, 4}, {3, 16, 33, 35}};
    for (int b = 0; b < 3; b++)
        for (int i = 0; i < 4; i++) {
            op_trial t = open_trial(blocks[b], shapes[i], "{}");
            check_statistics(&t, 1e-6);
            trial_close(&t);
        }
}

static void a_vector_of_any_width_is_normalised(void **state)
{
    (void)state;
    for (int channels = 1; channels < 40; channels++) {
        op_trial t = open_trial(1, (shape){6, channels, 1, 1}, "{}");
        check_statistics(&t, 1e-6);
        trial_close(&t);
    }
}

// A mean of 1000 deviations costs no digits of the variance; the sum of squares alone would lose
// six. One sample far from the others is the worst case.
static void a_large_mean_leaves_the_variance_exact(void **state)
{
    (void)state;
    for (int block = 1; block <= 16; block += 15) {
        op_trial t = open_trial(block, (shape){8, 16, 9, 9}, "{}");
        size_t count = shape_count(t.plan.in[0]);
        rng r = rng_open(9, RNG_TEST, 0, 0, 0);
        for (size_t i = 0; i < count; i++)
            t.in[0][i] = 1000.0f + rng_normal(&r) + (i < count / 8 ? 50.0f : 0.0f);
        check_statistics(&t, 1e-5);
        trial_close(&t);
    }
}

static void a_constant_channel_has_no_variance(void **state)
{
    (void)state;
    op_trial t = open_trial(16, (shape){4, 16, 5, 5}, "{}");
    for (size_t i = 0; i < shape_count(t.plan.in[0]); i++)
        t.in[0][i] = 0.1f;
    op_run run = trial_run(&t);
    trial_forward(&t, &run);
    for (int c = 0; c < 16; c++) {
        assert_true(fabsf(t.batch_statistics[1][c]) < 1e-12f);
        assert_true(fabsf(t.out[c] - t.params[1][c]) < 1e-5f);
    }
    trial_close(&t);
}

static void evaluation_uses_the_running_statistics(void **state)
{
    (void)state;
    const int blocks[] = {1, 8, 16};
    for (int b = 0; b < 3; b++) {
        op_trial t = open_trial(blocks[b], (shape){2, 16, 3, 3}, "{activation: relu, eps: 0.25}");
        op_run run = trial_run(&t);
        run.training = false;
        trial_forward(&t, &run);
        for (int c = 0; c < 16; c++) {
            double scale = (double)t.params[0][c] / sqrt((double)t.statistics[1][c] + 0.25);
            for (int n = 0; n < 2; n++)
                for (int i = 0; i < 9; i++) {
                    size_t at = place(&t, n, c, i);
                    double y = scale * ((double)t.in[0][at] - (double)t.statistics[0][c]);
                    y = fmax(y + (double)t.params[1][c], 0);
                    assert_true(fabs((double)t.out[at] - y) < 1e-5);
                }
        }
        trial_close(&t);
    }
}

static void a_nan_passes_the_relu(void **state)
{
    (void)state;
    op_trial t = open_trial(1, (shape){2, 1, 3, 3}, "{activation: relu}");
    t.in[0][4] = NAN;
    op_run run = trial_run(&t);
    trial_forward(&t, &run);
    assert_true(isnan(t.out[0]) && isnan(t.out[17]));
    trial_close(&t);
}

static void one_value_a_channel_is_refused_for_training(void **state)
{
    (void)state;
    const op_type *op = op_find("batch_norm");
    op_plan p = {.input_count = 1, .in = {{1, 8, 1, 1}}, .in_block = {1}, .backward = true};
    assert_fails(op->plan(&(char[512]){0}, &p), ST_CONFIG, "more than one value");
    p.backward = false;
    assert_ok(op->plan(&(char[512]){0}, &p));
}

static void a_residual_of_another_shape_is_refused(void **state)
{
    (void)state;
    const op_type *op = op_find("batch_norm");
    op_plan p = {.input_count = 2, .in = {{4, 8, 2, 2}, {4, 8, 1, 1}}, .in_block = {1, 1}};
    assert_fails(op->plan(&(char[512]){0}, &p), ST_CONFIG, "4 x 8 x 1 x 1");
    p.in[1] = p.in[0];
    p.in_block[1] = 8;
    assert_fails(op->plan(&(char[512]){0}, &p), ST_CONFIG, "blocks of 8");
}

static void assert_equal(const float *a, const float *b, size_t count)
{
    assert_memory_equal(a, b, count * sizeof *a);
}

// `bf16` is a trial in a net of bf16 numbers, `plain` one in a net of floats whose x is rounded to
// such.
static void compare_rounded(op_trial *bf16, op_trial *plain)
{
    size_t count = shape_count(plain->plan.out);
    op_run a = trial_run(bf16), b = trial_run(plain);
    trial_forward(bf16, &a), trial_forward(plain, &b);
    assert_equal(bf16->out, plain->out, count);
    assert_equal(bf16->batch_statistics[0], plain->batch_statistics[0],
                 (size_t)plain->plan.in[0].c);
    if (!bf16->setting.backward) return;
    fill_with_nan(bf16->in[0], count); // which nobody reads again
    fill_with_nan(bf16->out, count);
    bf16->setting.op->remake(bf16->settings, &bf16->plan, &a);
    assert_equal(bf16->out, plain->out, count);
    trial_backward(bf16, &a), trial_backward(plain, &b);
    for (int i = 0; i < plain->plan.input_count; i++)
        assert_equal(bf16->din[i], plain->din[i], count);
    for (int i = 0; i < plain->plan.param_count; i++)
        assert_equal(bf16->dparams[i], plain->dparams[i], trial_param_count(plain, i));
}

// Views of a portion, given those of the whole batch.
static op_run part_of(const op_trial *t, const op_run *whole, const struct op_portion *part)
{
    size_t before = shape_count(t->plan.in[0]) / (size_t)t->plan.in[0].n * (size_t)part->first;
    op_run run = *whole;
    run.portion = part;
    run.out += before, run.dout += before;
    for (int i = 0; i < t->plan.input_count; i++)
        run.in[i] += before, run.din[i] += before;
    return run;
}

// One call for each portion of a batch of five, of different sizes.
static void call_portions(const op_trial *t, op_pass *pass, const op_run *whole)
{
    const int firsts[] = {0, 2, 3}, counts[] = {2, 1, 2};
    for (int i = 0; i < 3; i++) {
        const struct op_portion part = {firsts[i], counts[i], true, t->whole.carried};
        const op_run run = part_of(t, whole, &part);
        pass(t->settings, &t->plan, &run);
    }
}

static void portions_change_no_bit(void **state)
{
    (void)state;
    static op_type type;
    type = *op_find("batch_norm");
    type.example_in[0] = type.example_in[1] = (shape){5, 16, 5, 7};
    for (int i = 0; i < 16; i++) {
        op_setting setting = {
            &type, i & 1 ? "{}" : "{activation: relu}", i & 2 ? 1 : 2, i & 4 ? 1 : 16, 1, true,
            i & 8};
        op_trial whole, parts;
        assert_true(trial_open(&whole, &setting));
        assert_true(trial_open(&parts, &setting));
        const op_run a = trial_run(&whole), b = trial_run(&parts);
        trial_forward(&whole, &a), trial_backward(&whole, &a);
        call_portions(&parts, type.portions->measure, &b);
        call_portions(&parts, type.forward, &b);
        size_t count = shape_count(whole.plan.out);
        assert_equal(whole.out, parts.out, count);
        assert_equal(whole.batch_statistics[1], parts.batch_statistics[1], 16);
        fill_with_nan(parts.out, whole.plan.backward_reads_output ? 0 : count);
        call_portions(&parts, type.portions->reduce, &b);
        call_portions(&parts, type.backward, &b);
        for (int k = 0; k < whole.plan.input_count; k++)
            assert_equal(whole.din[k], parts.din[k], count);
        for (int k = 0; k < whole.plan.param_count; k++)
            assert_equal(whole.dparams[k], parts.dparams[k], trial_param_count(&whole, k));
        fill_with_nan(parts.out, count);
        call_portions(&parts, type.remake, &b);
        assert_equal(whole.out, parts.out, count);
        trial_close(&whole), trial_close(&parts);
    }
}

static void images_of_floats_are_rounded_among_bf16_numbers(void **state)
{
    (void)state;
    static op_type type;
    type = *op_find("batch_norm");
    type.example_in[0] = type.example_in[1] = (shape){2, 16, 5, 7};
    const int blocks[] = {1, 8, 16};
    for (int i = 0; i < 24; i++) {
        op_setting setting = {
            &type, i % 4 < 2 ? "{}" : "{activation: relu}", 1 + i % 2, blocks[i % 3], 1, i < 12,
            true};
        op_trial bf16, plain;
        assert_true(trial_open(&bf16, &setting));
        setting.bf16 = false;
        assert_true(trial_open(&plain, &setting));
        size_t count = shape_count(plain.plan.in[0]);
        uint16_t *half = calloc(count, sizeof *half);
        assert_non_null(half);
        bf16_from_floats(plain.in[0], count, half);
        bf16_to_floats(half, count, plain.in[0]);
        free(half);
        compare_rounded(&bf16, &plain);
        trial_close(&bf16), trial_close(&plain);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statistics_match_sums_in_doubles),
        cmocka_unit_test(a_vector_of_any_width_is_normalised),
        cmocka_unit_test(a_large_mean_leaves_the_variance_exact),
        cmocka_unit_test(a_constant_channel_has_no_variance),
        cmocka_unit_test(evaluation_uses_the_running_statistics),
        cmocka_unit_test(a_nan_passes_the_relu),
        cmocka_unit_test(one_value_a_channel_is_refused_for_training),
        cmocka_unit_test(a_residual_of_another_shape_is_refused),
        cmocka_unit_test(portions_change_no_bit),
        cmocka_unit_test(images_of_floats_are_rounded_among_bf16_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
