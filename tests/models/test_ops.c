// What every operation and energy of the registry promises (models/graph/op.h), tried on its
// examples in every layout that it takes.
#include "tests/check.h"

#include "base/rng.h"
#include "tests/allocations.h"
#include "tests/models/op_gradient.h"
#include "tests/models/op_trial.h"

#include <math.h>
#include <stdlib.h>

// Calls check with each operation, example, number of inputs and layout, planned with `backward`.
static void for_each_trial(bool backward, void (*check)(op_trial *t))
{
    const int blocks[] = {1, 8, 16};
    for (int o = 0; op_table[o] != NULL; o++) {
        const op_type *op = op_table[o];
        assert_non_null(op->examples[0]);
        if (backward && op->backward == NULL) continue;
        for (int e = 0; op->examples[e] != NULL; e++)
            for (int inputs = op->min_inputs; inputs <= op->max_inputs; inputs++)
                for (int b = 0; b < 3; b++) {
                    op_trial t;
                    op_setting s = {op,        op->examples[e], inputs, blocks[b],
                                    blocks[b], backward,        false};
                    if (!trial_open(&t, &s)) continue;
                    check(&t);
                    trial_close(&t);
                }
    }
}

static uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static void assert_same_bits(const op_trial *t, const char *what, const float *a, const float *b,
                             size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (bits_of(a[i]) != bits_of(b[i]))
            fail_msg("%s: %s differs at %zu: %.9g and %.9g", t->label, what, i, (double)a[i],
                     (double)b[i]);
}

static void assert_finite(const op_trial *t, const char *what, const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) fail_msg("%s: %s is not written at %zu", t->label, what, i);
}

static void clear_dparams(op_trial *t)
{
    for (int i = 0; i < t->plan.param_count; i++)
        memset(t->dparams[i], 0, trial_param_count(t, i) * sizeof(float));
}

// What one forward and backward pass give.
typedef struct result {
    float *out, *din[OP_MAX_INPUTS], *dparams[OP_MAX_PARAMS];
} result;

static result run_once(op_trial *t, const op_run *run, const op_run *back)
{
    result r = {0};
    trial_forward(t, run);
    r.out = copied(t->out, shape_count(t->plan.out));
    if (back == NULL) return r;
    clear_dparams(t);
    trial_backward(t, back);
    for (int i = 0; i < t->plan.input_count; i++)
        r.din[i] = copied(t->din[i], shape_count(t->plan.in[i]));
    for (int i = 0; i < t->plan.param_count; i++)
        r.dparams[i] = copied(t->dparams[i], trial_param_count(t, i));
    return r;
}

static void free_result(result *r)
{
    free(r->out);
    for (int i = 0; i < OP_MAX_INPUTS; i++)
        free(r->din[i]);
    for (int i = 0; i < OP_MAX_PARAMS; i++)
        free(r->dparams[i]);
}

static void assert_same_results(const op_trial *t, const result *a, const result *b)
{
    assert_same_bits(t, "out", a->out, b->out, shape_count(t->plan.out));
    for (int i = 0; i < t->plan.input_count; i++)
        if (a->din[i] != NULL && b->din[i] != NULL)
            assert_same_bits(t, "din", a->din[i], b->din[i], shape_count(t->plan.in[i]));
    for (int i = 0; i < t->plan.param_count; i++)
        if (a->dparams[i] != NULL && b->dparams[i] != NULL)
            assert_same_bits(t, "dparam", a->dparams[i], b->dparams[i], trial_param_count(t, i));
}

static void check_plan(op_trial *t)
{
    const op_plan *p = &t->plan;
    assert_true(p->out.n > 0 && p->out.c > 0 && p->out.h > 0 && p->out.w > 0);
    assert_true(p->out_block == 1 || p->out_block == 8 || p->out_block == 16);
    assert_int_equal(p->out.c % p->out_block, 0);
    assert_in_range(p->param_count, 0, OP_MAX_PARAMS);
    assert_in_range(p->statistic_count, 0, OP_MAX_STATISTICS);
    for (int i = 0; i < p->param_count; i++) {
        assert_non_null(p->params[i].name);
        assert_in_range(p->params[i].rank, 1, 4);
        assert_true(trial_param_count(t, i) > 0);
    }
    if (!p->backward && p->saved_bytes > 0) fail_msg("%s: saves without backward", t->label);
    const op_type *op = t->setting.op;
    assert_int_equal(p->forward_meeting.floats > 0, op->forward_part != NULL);
    assert_int_equal(p->backward_meeting.floats > 0, op->backward_part != NULL);
}

static void plans_are_complete(void **state)
{
    (void)state;
    for_each_trial(true, check_plan);
    for_each_trial(false, check_plan);
}

static void check_gradients(op_trial *t)
{
    op_run run = trial_run(t);
    result r = run_once(t, &run, &run);
    float h = fminf(4e-3f, 0.3f * t->input_step);
    for (int i = 0; i < t->plan.input_count; i++) {
        size_t count = shape_count(t->plan.in[i]);
        assert_finite(t, "din", r.din[i], count);
        assert_gradient(t, "an input", t->in[i], count, r.din[i], h);
    }
    for (int i = 0; i < t->plan.param_count; i++) {
        size_t count = trial_param_count(t, i);
        assert_finite(t, "dparam", r.dparams[i], count);
        const char *name = t->plan.params[i].name;
        assert_gradient(t, name, t->params[i], count, r.dparams[i], 4e-3f);
    }
    free_result(&r);
}

static void gradients_match_differences(void **state)
{
    (void)state;
    for_each_trial(true, check_gradients);
}

static void check_accumulation(op_trial *t)
{
    op_run run = trial_run(t);
    result once = run_once(t, &run, &run);
    trial_backward(t, &run);
    for (int i = 0; i < t->plan.input_count; i++)
        assert_same_bits(t, "din of a second pass", once.din[i], t->din[i],
                         shape_count(t->plan.in[i]));
    for (int i = 0; i < t->plan.param_count; i++)
        for (size_t k = 0; k < trial_param_count(t, i); k++) {
            float twice = 2 * once.dparams[i][k];
            if (!(fabsf(t->dparams[i][k] - twice) <= 1e-5f * fabsf(twice) + 1e-5f))
                fail_msg("%s: dparam of two passes is %g, of one %g", t->label,
                         (double)t->dparams[i][k], (double)once.dparams[i][k]);
        }
    free_result(&once);
}

static void backward_adds_to_parameters_and_overwrites_inputs(void **state)
{
    (void)state;
    for_each_trial(true, check_accumulation);
}

static void check_bits(op_trial *t)
{
    op_run run = trial_run(t);
    result first = run_once(t, &run, &run), second = run_once(t, &run, &run);
    assert_finite(t, "out", first.out, shape_count(t->plan.out));
    assert_same_results(t, &first, &second);
    free_result(&first), free_result(&second);
}

static void same_inputs_give_same_bits(void **state)
{
    (void)state;
    for_each_trial(true, check_bits);
}

// What the plan says backward does not read may be NaN by then: the graph has reused its memory.
static void check_declared_reads(op_trial *t)
{
    op_run run = trial_run(t), back = run;
    result whole = run_once(t, &run, &run);
    float *gone[OP_MAX_INPUTS] = {0};
    for (int i = 0; i < t->plan.input_count; i++) {
        if (t->plan.backward_reads_input[i]) continue;
        gone[i] = copied(t->in[i], shape_count(t->plan.in[i]));
        fill_with_nan(gone[i], shape_count(t->plan.in[i]));
        back.in[i] = gone[i];
    }
    float *no_out = copied(t->out, shape_count(t->plan.out));
    fill_with_nan(no_out, shape_count(t->plan.out));
    if (!t->plan.backward_reads_output) back.out = no_out;
    result without = run_once(t, &run, &back);
    assert_same_results(t, &whole, &without);
    free_result(&whole), free_result(&without);
    free(no_out);
    for (int i = 0; i < OP_MAX_INPUTS; i++)
        free(gone[i]);
}

static void backward_reads_what_it_declares(void **state)
{
    (void)state;
    for_each_trial(true, check_declared_reads);
}

static void check_unwanted(op_trial *t)
{
    op_run run = trial_run(t);
    result whole = run_once(t, &run, &run);
    for (int unwanted = 0; unwanted <= t->plan.input_count; unwanted++) {
        op_run back = run;
        for (int i = 0; i < t->plan.input_count; i++)
            if (i == unwanted || unwanted == t->plan.input_count) back.din[i] = NULL;
        result some = run_once(t, &run, &back);
        for (int i = 0; i < t->plan.input_count; i++)
            if (back.din[i] == NULL) free(some.din[i]), some.din[i] = NULL;
        assert_same_results(t, &whole, &some);
        free_result(&some);
    }
    free_result(&whole);
}

static void unwanted_gradients_are_left_out(void **state)
{
    (void)state;
    for_each_trial(true, check_unwanted);
}

// Gradients of inputs alone have the bits that they have beside those of parameters.
static void check_inputs_alone(op_trial *t)
{
    op_run run = trial_run(t), back = run;
    result whole = run_once(t, &run, &run);
    for (int i = 0; i < OP_MAX_PARAMS; i++)
        back.dparams[i] = NULL;
    result alone = run_once(t, &run, &back);
    for (int i = 0; i < t->plan.input_count; i++)
        assert_same_bits(t, "din", whole.din[i], alone.din[i], shape_count(t->plan.in[i]));
    for (int i = 0; i < t->plan.param_count && t->workers == 1; i++)
        for (size_t k = 0; k < trial_param_count(t, i); k++)
            assert_true(alone.dparams[i][k] == 0.0f);
    free_result(&whole), free_result(&alone);
}

static void gradients_of_inputs_come_without_those_of_parameters(void **state)
{
    (void)state;
    for_each_trial(true, check_inputs_alone);
}

static void check_unwanted_statistics(op_trial *t)
{
    op_run run = trial_run(t), without = run;
    for (int i = 0; i < OP_MAX_STATISTICS; i++)
        without.batch_statistics[i] = NULL, without.statistics[i] = NULL;
    result wanted = run_once(t, &run, NULL), unwanted = run_once(t, &without, NULL);
    assert_same_results(t, &wanted, &unwanted);
    free_result(&wanted), free_result(&unwanted);
}

static void statistics_may_be_unwanted(void **state)
{
    (void)state;
    for_each_trial(true, check_unwanted_statistics);
    for_each_trial(false, check_unwanted_statistics);
}

static void check_evaluation(op_trial *t)
{
    op_run run = trial_run(t);
    run.training = false;
    for (int i = 0; i < t->plan.statistic_count; i++)
        fill_with_nan(t->batch_statistics[i], trial_statistic_count(t, i));
    result first = run_once(t, &run, NULL), second = run_once(t, &run, NULL);
    assert_finite(t, "out in evaluation", first.out, shape_count(t->plan.out));
    assert_same_results(t, &first, &second);
    for (int i = 0; i < t->plan.statistic_count; i++)
        for (size_t k = 0; k < trial_statistic_count(t, i); k++)
            if (!isnan(t->batch_statistics[i][k]))
                fail_msg("%s: writes batch statistics in evaluation", t->label);
    free_result(&first), free_result(&second);
}

static void evaluation_writes_no_statistics(void **state)
{
    (void)state;
    for_each_trial(true, check_evaluation);
    for_each_trial(false, check_evaluation);
}

static void check_inference(op_trial *t)
{
    op_trial lean;
    op_setting setting = t->setting;
    setting.backward = false;
    assert_true(trial_open(&lean, &setting));
    op_run run = trial_run(t), lean_run = trial_run(&lean);
    result full = run_once(t, &run, NULL), forward_only = run_once(&lean, &lean_run, NULL);
    assert_same_results(t, &full, &forward_only);
    free_result(&full), free_result(&forward_only);
    trial_close(&lean);
}

static void inference_gives_the_bits_of_training(void **state)
{
    (void)state;
    for_each_trial(true, check_inference);
}

static void assert_near(const op_trial *t, const char *what, const float *a, const float *b,
                        size_t count)
{
    if (a == NULL || b == NULL) abort();
    float most = 0;
    for (size_t i = 0; i < count; i++)
        most = fmaxf(most, fabsf(a[i]));
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-5f * most))
            fail_msg("%s: %s differs from block 1 at %zu: %g and %g", t->label, what, i,
                     (double)b[i], (double)a[i]);
}

static void assert_same_tensor(const op_trial *t, const char *what, shape s, const float *plain,
                               int plain_block, const float *blocked, int block)
{
    float *a = copied(plain, shape_count(s)), *b = copied(blocked, shape_count(s));
    unblock(plain, s, plain_block, a);
    unblock(blocked, s, block, b);
    assert_near(t, what, a, b, shape_count(s));
    free(a), free(b);
}

// The same logical tensors in block 1 give the same values and gradients.
static void check_layout(op_trial *t)
{
    op_trial plain;
    op_setting setting = t->setting;
    setting.block = 1;
    assert_true(trial_open(&plain, &setting));
    op_run run = trial_run(t), plain_run = trial_run(&plain);
    result blocked = run_once(t, &run, &run), flat = run_once(&plain, &plain_run, &plain_run);
    assert_same_tensor(t, "out", t->plan.out, flat.out, plain.plan.out_block, blocked.out,
                       t->plan.out_block);
    for (int i = 0; i < t->plan.input_count; i++)
        assert_same_tensor(t, "din", t->plan.in[i], flat.din[i], 1, blocked.din[i],
                           t->setting.block);
    for (int i = 0; i < t->plan.param_count; i++)
        assert_near(t, "dparam", flat.dparams[i], blocked.dparams[i], trial_param_count(t, i));
    free_result(&blocked), free_result(&flat);
    trial_close(&plain);
}

static void layouts_agree(void **state)
{
    (void)state;
    for_each_trial(true, check_layout);
}

static void check_allocations(op_trial *t)
{
    op_run run = trial_run(t);
    int before = allocation_count();
    trial_forward(t, &run);
    trial_backward(t, &run);
    run.training = false;
    trial_forward(t, &run);
    int count = allocation_count() - before;
    if (count != 0) fail_msg("%s: allocates %d times in a step", t->label, count);
}

static void nothing_is_allocated_in_a_step(void **state)
{
    (void)state;
    for_each_trial(true, check_allocations);
}

// Forward with out over in[0], backward with din[0] over dout.
static void check_in_place(op_trial *t)
{
    if (!t->setting.op->in_place || !shape_equal(t->plan.in[0], t->plan.out)) return;
    size_t count = shape_count(t->plan.out);
    op_run run = trial_run(t), within = run, back = run;
    result apart = run_once(t, &run, &run);
    within.out = copied(t->in[0], count);
    within.in[0] = within.out;
    trial_forward(t, &within);
    assert_same_bits(t, "out", apart.out, within.out, count);
    back.din[0] = copied(t->dout, count);
    back.dout = back.din[0];
    result together = run_once(t, &run, &back);
    free(together.din[0]);
    together.din[0] = back.din[0];
    assert_same_results(t, &apart, &together);
    free(within.out);
    free_result(&apart), free_result(&together);
}

static void operations_in_place_give_the_same_bits(void **state)
{
    (void)state;
    for_each_trial(true, check_in_place);
}

static void check_remake(op_trial *t)
{
    if (t->setting.op->remake == NULL) return;
    size_t count = shape_count(t->plan.out);
    op_run run = trial_run(t);
    trial_forward(t, &run);
    float *made = copied(t->out, count);
    fill_with_nan(t->out, count);
    for (int i = 0; i < t->plan.statistic_count; i++)
        run.statistics[i] = NULL, run.batch_statistics[i] = NULL;
    for (int i = 0; i < t->plan.input_count; i++)
        if (!t->plan.remake_reads_input[i]) run.in[i] = NULL;
    run.dout = NULL;
    run.scratch = NULL;
    t->setting.op->remake(t->settings, &t->plan, &run);
    assert_same_bits(t, "out", made, t->out, count);
    free(made);
}

static void outputs_are_remade_with_the_same_bits(void **state)
{
    (void)state;
    for_each_trial(true, check_remake);
}

static void names_are_unique_and_found(void **state)
{
    (void)state;
    for (int i = 0; op_table[i] != NULL; i++)
        assert_ptr_equal(op_find(op_table[i]->name), op_table[i]);
    assert_null(op_find("no such operation"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_unique_and_found),
        cmocka_unit_test(plans_are_complete),
        cmocka_unit_test(gradients_match_differences),
        cmocka_unit_test(backward_adds_to_parameters_and_overwrites_inputs),
        cmocka_unit_test(same_inputs_give_same_bits),
        cmocka_unit_test(backward_reads_what_it_declares),
        cmocka_unit_test(unwanted_gradients_are_left_out),
        cmocka_unit_test(gradients_of_inputs_come_without_those_of_parameters),
        cmocka_unit_test(statistics_may_be_unwanted),
        cmocka_unit_test(evaluation_writes_no_statistics),
        cmocka_unit_test(inference_gives_the_bits_of_training),
        cmocka_unit_test(layouts_agree),
        cmocka_unit_test(outputs_are_remade_with_the_same_bits),
        cmocka_unit_test(operations_in_place_give_the_same_bits),
        cmocka_unit_test(nothing_is_allocated_in_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
