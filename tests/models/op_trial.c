// tests/models/op_trial.c -- one operation with one config, on small tensors, for the tests.
#include "tests/models/op_trial.h"

#include "base/arena.h"
#include "base/rng.h"
#include "tests/check.h"

#include <stdlib.h>

static size_t place(shape s, int block, size_t index)
{
    size_t w = index % (size_t)s.w, h = index / (size_t)s.w % (size_t)s.h;
    size_t image = (size_t)s.h * (size_t)s.w, wide = (size_t)block;
    size_t c = index / image % (size_t)s.c, n = index / image / (size_t)s.c;
    return ((n * ((size_t)s.c / wide) + c / wide) * image + h * (size_t)s.w + w) * wide + c % wide;
}

void unblock(const float *from, shape s, int block, float *to)
{
    for (size_t i = 0; i < shape_count(s); i++)
        to[i] = from[place(s, block, i)];
}

void fill_with_nan(float *x, size_t count)
{
    memset(x, 0xff, count * sizeof *x);
}

static float *floats(size_t count)
{
    size_t bytes = arena_padded((count + 1) * sizeof(float)); // aligned as in an arena
    float *x = aligned_alloc(64, bytes);
    assert_non_null(x);
    memset(x, 0, bytes);
    return x;
}

size_t trial_param_count(const op_trial *t, int param)
{
    size_t count = 1;
    for (int d = 0; d < t->plan.params[param].rank; d++)
        count *= (size_t)t->plan.params[param].dims[d];
    return count;
}

size_t trial_statistic_count(const op_trial *t, int statistic)
{
    size_t count = 1;
    for (int d = 0; d < t->plan.statistics[statistic].rank; d++)
        count *= (size_t)t->plan.statistics[statistic].dims[d];
    return count;
}

static void parse(op_trial *t)
{
    static const config_field none[] = {{0}};
    const op_type *op = t->setting.op;
    config *c = NULL;
    t->settings = calloc(1, op->config_size + 1);
    assert_non_null(t->settings);
    assert_ok(config_parse(&c, t->setting.example, op->name, 0, NULL));
    assert_ok(
        config_read(c, "",
                    (const config_part[]){{op->fields != NULL ? op->fields : none, t->settings},
                                          {NULL, NULL}}));
    config_destroy(c);
}

// A shuffled grid of distinct values within 2 of zero, none near zero: no kink is close.
static void fill_input(op_trial *t, int which)
{
    shape s = t->plan.in[which];
    size_t count = shape_count(s);
    float step = 4.0f / (float)count;
    for (size_t i = 0; i < count; i++) {
        uint64_t rank = permutation_at(3, RNG_TEST, 0, (uint64_t)which, count, i);
        float value = ((float)rank - 0.5f * (float)count + 0.5f) * step;
        t->in[which][place(s, t->setting.block, i)] = value + (value > 0 ? step : -step);
    }
    if (which == 0 || step < t->input_step) t->input_step = step;
}

static void fill_random(float *x, size_t count, int purpose, float low, float high)
{
    rng r = rng_open(4, RNG_TEST, 1, (uint64_t)purpose, 0);
    for (size_t i = 0; i < count; i++)
        x[i] = rng_range(&r, low, high);
}

static void make_tensors(op_trial *t)
{
    op_plan *p = &t->plan;
    for (int i = 0; i < p->input_count; i++) {
        t->in[i] = floats(shape_count(p->in[i]));
        t->din[i] = floats(shape_count(p->in[i]));
        fill_input(t, i);
    }
    size_t count = shape_count(p->out);
    t->out = floats(count);
    t->dout = floats(count);
    float *logical = floats(count);
    fill_random(logical, count, 0, -1.5f, 1.5f);
    for (size_t i = 0; i < count; i++)
        t->dout[place(p->out, p->out_block, i)] = logical[i];
    free(logical);
    for (int i = 0; i < p->param_count; i++) {
        t->params[i] = floats(trial_param_count(t, i));
        t->dparams[i] = floats(trial_param_count(t, i));
        fill_random(t->params[i], trial_param_count(t, i), 10 + i, -1.0f, 1.0f);
    }
    for (int i = 0; i < p->statistic_count; i++) {
        t->statistics[i] = floats(trial_statistic_count(t, i));
        t->batch_statistics[i] = floats(trial_statistic_count(t, i));
        fill_random(t->statistics[i], trial_statistic_count(t, i), 20 + i, 0.5f, 1.5f);
    }
    t->packed = floats(p->packed_bytes / sizeof(float));
    t->saved = floats(p->saved_bytes / sizeof(float));
    t->scratch = floats(p->scratch_bytes / sizeof(float));
}

bool trial_open(op_trial *t, const op_setting *setting)
{
    *t = (op_trial){.setting = *setting};
    snprintf(t->label, sizeof t->label, "%s %s, %d inputs, blocks of %d", setting->op->name,
             setting->example, setting->input_count, setting->block);
    parse(t);
    t->plan.input_count = setting->input_count;
    t->plan.backward = setting->backward;
    for (int i = 0; i < setting->input_count; i++) {
        shape s = setting->op->example_in[i];
        int multiple = setting->channel_multiple;
        s.c = (s.c + multiple - 1) / multiple * multiple;
        t->plan.in[i] = s;
        t->plan.in_block[i] = setting->block;
    }
    status planned = setting->op->plan(t->settings, &t->plan);
    if (planned != ST_OK && setting->block > 1) {
        status_clear();
        trial_close(t);
        return false;
    }
    if (planned != ST_OK) fail_msg("%s: %s", t->label, status_message());
    make_tensors(t);
    return true;
}

void trial_close(op_trial *t)
{
    if (t->setting.op->release != NULL) t->setting.op->release(&t->plan);
    for (int i = 0; i < OP_MAX_INPUTS; i++)
        free(t->in[i]), free(t->din[i]);
    for (int i = 0; i < OP_MAX_PARAMS; i++)
        free(t->params[i]), free(t->dparams[i]);
    for (int i = 0; i < OP_MAX_STATISTICS; i++)
        free(t->statistics[i]), free(t->batch_statistics[i]);
    free(t->out), free(t->dout);
    free(t->packed), free(t->saved), free(t->scratch);
    free(t->settings);
}

op_run trial_run(const op_trial *t)
{
    op_run run = {.training = true, .out = t->out, .dout = t->dout};
    for (int i = 0; i < t->plan.input_count; i++)
        run.in[i] = t->in[i], run.din[i] = t->din[i];
    for (int i = 0; i < t->plan.param_count; i++)
        run.params[i] = t->params[i], run.dparams[i] = t->dparams[i];
    for (int i = 0; i < t->plan.statistic_count; i++)
        run.statistics[i] = t->statistics[i], run.batch_statistics[i] = t->batch_statistics[i];
    run.packed = t->packed;
    run.saved = t->saved;
    run.scratch = t->scratch;
    return run;
}

void trial_forward(op_trial *t, const op_run *run)
{
    const op_type *op = t->setting.op;
    fill_with_nan(t->packed, t->plan.packed_bytes / sizeof(float));
    if (op->prepare != NULL) op->prepare(t->settings, &t->plan, run->params, t->packed);
    fill_with_nan(t->out, shape_count(t->plan.out));
    fill_with_nan(t->saved, t->plan.saved_bytes / sizeof(float));
    fill_with_nan(t->scratch, t->plan.scratch_bytes / sizeof(float));
    op->forward(t->settings, &t->plan, run);
}

void trial_backward(op_trial *t, const op_run *run)
{
    for (int i = 0; i < t->plan.input_count; i++)
        fill_with_nan(t->din[i], shape_count(t->plan.in[i]));
    fill_with_nan(t->scratch, t->plan.scratch_bytes / sizeof(float));
    t->setting.op->backward(t->settings, &t->plan, run);
}
