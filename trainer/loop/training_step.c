// trainer/loop/training_step.c -- one step of training, the same on all ranks.
//
//   batch ─> method begin ─> own workers fill leaves ─> exact sum over all workers ─> checks ─>
//   update ─> running statistics ─> method finish
//
// A leaf is one flat array: gradient | batch statistics | metrics | error lane | stop lane. The
// lanes count the workers in trouble and those asked to stop; since they are part of the sum, all
// ranks see them and leave at the same step: trouble before its update, a stop after its
// checkpoint.
#include "trainer/loop/training.h"

#include "base/finite.h"
#include "base/vector.h"
#include "comm/agree.h"
#include "models/graph/op.h"

#include <math.h>
#include <string.h>

// Where the parts of a leaf begin behind the gradient, in floats.
static size_t statistics_at(const training *t)
{
    return t->learned->param_count;
}

static size_t metrics_at(const training *t)
{
    return statistics_at(t) + t->learned->statistic_count;
}

static size_t error_lane_at(const training *t)
{
    return training_leaf_floats(t) - 2;
}

static size_t stop_lane_at(const training *t)
{
    return training_leaf_floats(t) - 1;
}

// Collective where the learned graph meets. Forward and backward of a group of own workers.
static void run_group(training *t, const method_step *step, worker_group group,
                      const method_leaf *leaves)
{
    if (t->job->method->run != NULL)
        t->job->method->run(t->method, step, group, leaves);
    else
        model_run(t->model, step, group, leaves);
}

// Collective. All own workers at once; their leaves wait for the reducer.
static void run_lockstep(training *t, const method_step *step)
{
    phases_enter(&t->phases, PHASE_REDUCE);
    memset(t->first_leaf, 0, (size_t)t->workers.count * training_leaf_floats(t) * sizeof(float));
    run_group(t, step, (worker_group){0, t->workers.count}, t->leaves);
}

// Seconds that one more step and its checkpoint may take.
static double time_to_stop(const training *t)
{
    double saving = t->saver != NULL ? saver_get_times(t->saver).longest : 0;
    return t->longest_step + 3 * saving;
}

// A rank in trouble cannot go on; its leaves only keep the others company.
static void fill_leaves(training *t, const method_step *step)
{
    if (t->leaves != NULL) run_lockstep(t, step);
    bool stop = stop_asked(&t->stop, time_to_stop(t));
    t->unsound_worker = -1;
    for (int worker = 0; worker < t->workers.count; worker++) {
        phases_enter(&t->phases, PHASE_REDUCE);
        float *leaf = reduce_leaf(t->reduce);
        if (t->leaves != NULL) {
            memcpy(leaf, t->leaves[worker].gradient, training_leaf_floats(t) * sizeof *leaf);
        } else {
            method_leaf parts = training_leaf_parts(t, leaf);
            run_group(t, step, (worker_group){worker, 1}, &parts);
        }
        if (!floats_finite(leaf, error_lane_at(t)) && t->unsound_worker < 0)
            t->unsound_worker = t->workers.first + worker;
        leaf[error_lane_at(t)] = *step->trouble != ST_OK ? 1.0f : 0.0f;
        leaf[stop_lane_at(t)] = stop ? 1.0f : 0.0f;
        phases_enter(&t->phases, PHASE_REDUCE);
        reduce_push(t->reduce);
    }
}

// Collective. The sum of all leaves; its buffer is the reducer's.
static const float *sum_leaves(training *t)
{
    double waited = 0;
    phases_enter(&t->phases, PHASE_REDUCE);
    const float *sum = reduce_finish(t->reduce, &waited);
    phases_bring(&t->phases, MESSAGE_LEAVES, training_leaf_floats(t));
    phases_enter(&t->phases, PHASE_OPTIMIZER);
    phases_move(&t->phases, PHASE_REDUCE, PHASE_WAIT, waited);
    return sum;
}

// Sums of squares side by side, whatever the width of a register.
enum { NORM_LANES = 16, NORM_VECTORS = NORM_LANES / VECTOR };

// Euclidean norm, in double by blocks of fixed size.
static double norm(const float *x, size_t count)
{
    double total = 0;
    for (size_t at = 0; at < count; at += 1024) {
        size_t end = at + 1024 < count ? at + 1024 : count, i = at;
        vector sums[NORM_VECTORS] = {{0}};
        for (; i + NORM_LANES <= end; i += NORM_LANES) {
            vector v[NORM_VECTORS];
            memcpy(v, x + i, sizeof v);
            for (int k = 0; k < NORM_VECTORS; k++)
                sums[k] += v[k] * v[k];
        }
        float part[NORM_LANES];
        memcpy(part, sums, sizeof part);
        for (; i < end; i++)
            part[0] += x[i] * x[i];
        for (int lane = 0; lane < NORM_LANES; lane++)
            total += (double)part[lane];
    }
    return sqrt(total);
}

// This rank's share of a sum that is not finite.
static status check_own(const training *t, const batch *b)
{
    if (t->unsound_worker < 0) return ST_OK;
    size_t row = (size_t)(t->unsound_worker - t->workers.first) * (size_t)t->workers.batch;
    return failure(
        ST_DIVERGED,
        "step %llu: the numbers of worker %d (samples %llu ...) are not finite; the last "
        "checkpoint is good: go on from it with a smaller learning rate (now %g); when "
        "that ends here again and others do not, suspect this machine",
        (unsigned long long)t->step, t->unsound_worker, (unsigned long long)b->ids[0][row],
        t->job->lr);
}

// All ranks hold the same sum, so all decide alike.
static status check_finite(const training *t, double loss, double gradient_norm)
{
    CHECK(isfinite(loss) && isfinite(gradient_norm), ST_DIVERGED,
          "step %llu: the %s is %g and the gradient's norm %g; the last checkpoint is good: go on "
          "from it with a smaller learning rate (now %g)",
          (unsigned long long)t->step, t->job->method->metric_names[0], loss, gradient_norm,
          t->job->lr);
    return ST_OK;
}

// running <- (1 - momentum) running + momentum * mean over the workers
static void update_statistics(training *t, const float *sum)
{
    float take = STATISTIC_MOMENTUM / (float)t->workers.total;
    float *running = t->learned->statistics;
    for (size_t i = 0; i < t->learned->statistic_count; i++)
        running[i] = (1.0f - STATISTIC_MOMENTUM) * running[i] + take * sum[i];
}

static void update(training *t, const float *sum, double lr)
{
    optimizer_step step = {.params = t->learned->params,
                           .gradient = sum,
                           .segments = t->segments,
                           .segment_count = t->segment_count,
                           .lr = lr,
                           .step = t->step};
    size_t arrays = 3; // the gradient read, parameters read and written
    for (int i = 0; i < OPTIMIZER_MAX_STATES; i++) {
        step.states[i] = t->optimizer_states[i];
        arrays += step.states[i] != NULL ? 2 : 0;
    }
    t->job->optimizer->update(&t->job->optimizer_config, &step);
    phases_count(&t->phases, arrays * t->learned->param_count);
    weights_constrain(t->learned);
    update_statistics(t, sum + statistics_at(t));
}

// This rank's trouble, from before this step or in its batch.
static status own_trouble(const training *t, const batch *b)
{
    if (t->pending != ST_OK) return t->pending;
    return b->status == ST_OK ? ST_OK : failure(b->status, "%s", b->message);
}

status training_step(training *t, const batch *b, step_outcome *outcome)
{
    ASSERT(b != NULL && b->step == t->step);
    method_step step = {.step = t->step,
                        .batch = b,
                        .phases = &t->phases,
                        .moments = t->optimizer_states,
                        .moment_count = OPTIMIZER_MAX_STATES};
    status mine = own_trouble(t, b);
    step.trouble = &mine;
    if (t->model != NULL) model_prepare(t->model, &step);
    if (t->job->method->begin != NULL) t->job->method->begin(t->method, &step);
    fill_leaves(t, &step);
    const float *sum = sum_leaves(t);
    if (sum[error_lane_at(t)] > 0) {
        status all = agree(t->world, mine);
        ASSERT(all != ST_OK);
        return all;
    }
    t->stopping = sum[stop_lane_at(t)] > 0;
    double gradient_norm = norm(sum, t->learned->param_count);
    phases_count(&t->phases, t->learned->param_count);
    status finite = check_finite(t, (double)sum[metrics_at(t)], gradient_norm);
    if (finite != ST_OK) {
        status_clear();
        TRY(agree(t->world, check_own(t, b)));
        return agree(t->world, check_finite(t, (double)sum[metrics_at(t)], gradient_norm));
    }
    step.schedule = schedule_factor(&t->job->schedule, t->step, t->steps_per_epoch);
    double lr = t->job->lr * step.schedule;
    update(t, sum, lr);
    step.metrics = sum + metrics_at(t);
    step.gradient = sum;
    if (t->job->method->finish != NULL) t->job->method->finish(t->method, &step);
    t->step++;
    *outcome = (step_outcome){step.metrics, gradient_norm, lr};
    return ST_OK;
}
