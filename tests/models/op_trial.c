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

float *copied(const float *x, size_t count)
{
    float *copy = malloc(count * sizeof *copy + 1);
    if (x == NULL || copy == NULL) abort();
    memcpy(copy, x, count * sizeof *copy);
    return copy;
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
        uint64_t rank = permutation_at(3, RNG_TEST, (uint32_t)t->worker, (uint64_t)which, count, i);
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

static void make_inputs(op_trial *t)
{
    op_plan *p = &t->plan;
    for (int i = 0; i < p->input_count; i++) {
        t->in[i] = floats(shape_count(p->in[i]));
        t->din[i] = floats(shape_count(p->in[i]));
        fill_input(t, i);
    }
    size_t count = shape_count(p->out);
    float *logical = floats(count);
    fill_random(logical, count, 100 * t->worker, -1.5f, 1.5f);
    for (size_t i = 0; i < count; i++)
        t->dout[place(p->out, p->out_block, i)] = logical[i];
    free(logical);
    for (int i = 0; i < p->statistic_count; i++)
        t->batch_statistics[i] = floats(trial_statistic_count(t, i));
    t->packed = floats(p->packed_bytes / sizeof(float));
    t->saved = floats(p->saved_bytes / sizeof(float));
    t->scratch = floats(p->scratch_bytes / sizeof(float));
    t->whole.carried = floats(t->portions.carried_bytes / sizeof(float));
    t->whole.count = p->in[0].n;
}

static void make_parameters(op_trial *t)
{
    op_plan *p = &t->plan;
    for (int i = 0; i < p->param_count; i++) {
        t->params[i] = floats(trial_param_count(t, i));
        t->dparams[i] = floats(trial_param_count(t, i));
        fill_random(t->params[i], trial_param_count(t, i), 10 + i, -1.0f, 1.0f);
    }
    for (int i = 0; i < p->statistic_count; i++) {
        t->statistics[i] = floats(trial_statistic_count(t, i));
        fill_random(t->statistics[i], trial_statistic_count(t, i), 20 + i, 0.5f, 1.5f);
    }
}

static size_t largest_part(const op_plan *p)
{
    size_t forward = p->forward_meeting.floats, backward = p->backward_meeting.floats;
    return forward > backward ? forward : backward;
}

static void make_others(op_trial *t)
{
    for (int w = 0; w < t->workers; w++) {
        if (w == t->worker) continue;
        op_trial *other = malloc(sizeof *other);
        assert_non_null(other);
        *other = *t; // the plan, the config, parameters and statistics
        other->worker = w;
        other->out = t->all_out + (size_t)w * shape_count(t->plan.out);
        other->dout = t->all_dout + (size_t)w * shape_count(t->plan.out);
        make_inputs(other);
        t->others[w] = other;
    }
}

static void make_tensors(op_trial *t)
{
    size_t part = largest_part(&t->plan), count = shape_count(t->plan.out);
    t->workers = part > 0 ? TRIAL_WORKERS : 1;
    t->worker = t->workers / 2;
    t->parts = floats((size_t)t->workers * part);
    t->total = floats((size_t)t->workers * part);
    t->all_count = (size_t)t->workers * count;
    t->all_out = floats(t->all_count);
    t->all_dout = floats(t->all_count);
    t->out = t->all_out + (size_t)t->worker * count;
    t->dout = t->all_dout + (size_t)t->worker * count;
    make_parameters(t);
    make_inputs(t);
    make_others(t);
}

bool trial_open(op_trial *t, const op_setting *setting)
{
    *t = (op_trial){.setting = *setting};
    snprintf(t->label, sizeof t->label, "%s %s, %d inputs, blocks of %d", setting->op->name,
             setting->example, setting->input_count, setting->block);
    parse(t);
    t->plan.workers = TRIAL_WORKERS;
    if (setting->op->portions != NULL) t->plan.portions = &t->portions;
    t->plan.input_count = setting->input_count;
    t->plan.backward = setting->backward;
    t->plan.arithmetic.bf16 = setting->bf16;
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

// What each worker has for itself.
static void free_inputs(op_trial *t)
{
    for (int i = 0; i < OP_MAX_INPUTS; i++)
        free(t->in[i]), free(t->din[i]);
    for (int i = 0; i < OP_MAX_STATISTICS; i++)
        free(t->batch_statistics[i]);
    free(t->packed), free(t->saved), free(t->scratch), free(t->whole.carried);
}

void trial_close(op_trial *t)
{
    if (t->setting.op->release != NULL) t->setting.op->release(&t->plan);
    for (int w = 0; w < TRIAL_WORKERS; w++) {
        if (t->others[w] == NULL) continue;
        free_inputs(t->others[w]);
        free(t->others[w]);
    }
    free_inputs(t);
    for (int i = 0; i < OP_MAX_PARAMS; i++)
        free(t->params[i]), free(t->dparams[i]);
    for (int i = 0; i < OP_MAX_STATISTICS; i++)
        free(t->statistics[i]);
    free(t->all_out), free(t->all_dout);
    free(t->parts), free(t->total);
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
    run.portion = t->plan.portions != NULL ? &t->whole : NULL;
    return run;
}

static op_trial *member(op_trial *t, int worker)
{
    return worker == t->worker ? t : t->others[worker];
}

// Views of one of the workers in a pass for which `own` are the trial's.
static op_run member_run(op_trial *t, int worker, const op_run *own)
{
    op_run run = worker == t->worker ? *own : trial_run(t->others[worker]);
    run.training = own->training;
    run.worker = worker;
    return run;
}

// One half of a pass, of each worker.
static void run_all(op_trial *t, const op_run *own, const op_meeting *m,
                    void (*half)(const void *settings, const op_plan *plan, const op_run *run))
{
    for (int w = 0; w < t->workers; w++) {
        op_trial *one = member(t, w);
        fill_with_nan(one->scratch, t->plan.scratch_bytes / sizeof(float));
        fill_with_nan(one->whole.carried, t->portions.carried_bytes / sizeof(float));
        op_run run = member_run(t, w, own);
        run.part = t->parts + (size_t)w * m->floats;
        run.total = t->total;
        half(t->settings, &t->plan, &run);
    }
}

static void meet(op_trial *t, const op_meeting *m)
{
    size_t floats_of_all = (size_t)t->workers * m->floats;
    memcpy(t->total, t->parts, floats_of_all * sizeof *t->total);
    if (m->gather) return;
    for (size_t i = m->floats; i < floats_of_all; i++)
        t->total[i % m->floats] += t->parts[i];
}

static void run_pass(op_trial *t, const op_run *own, const op_meeting *m,
                     void (*part)(const void *settings, const op_plan *plan, const op_run *run),
                     void (*rest)(const void *settings, const op_plan *plan, const op_run *run))
{
    if (m->floats > 0) {
        fill_with_nan(t->parts, (size_t)t->workers * m->floats);
        run_all(t, own, m, part);
        meet(t, m);
    }
    run_all(t, own, m, rest);
}

void trial_forward(op_trial *t, const op_run *run)
{
    const op_type *op = t->setting.op;
    for (int w = 0; w < t->workers; w++) {
        op_trial *one = member(t, w);
        op_run views = member_run(t, w, run);
        fill_with_nan(one->packed, t->plan.packed_bytes / sizeof(float));
        if (op->prepare != NULL) op->prepare(t->settings, &t->plan, views.params, one->packed);
        fill_with_nan(one->saved, t->plan.saved_bytes / sizeof(float));
    }
    fill_with_nan(t->all_out, t->all_count);
    run_pass(t, run, &t->plan.forward_meeting, op->forward_part, op->forward);
}

void trial_backward(op_trial *t, const op_run *run)
{
    const op_type *op = t->setting.op;
    for (int w = 0; w < t->workers; w++)
        for (int i = 0; i < t->plan.input_count; i++)
            fill_with_nan(member(t, w)->din[i], shape_count(t->plan.in[i]));
    run_pass(t, run, &t->plan.backward_meeting, op->backward_part, op->backward);
}
