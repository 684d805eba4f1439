// trainer/loop.c -- the one training loop.
//
//   batch ─> method begin ─> own workers fill leaves ─> exact sum over all workers ─> checks ─>
//   update ─> running statistics ─> method finish ─> report, checkpoint, evaluation
//
// A leaf is one flat array: gradient | batch statistics | metrics | error lane | stop lane. The lanes
// count the workers in trouble and those asked to stop; since they are part of the sum, all ranks
// see them and leave at the same step: trouble before its update, a stop after its checkpoint.
#include "trainer/training.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/pulse.h"
#include "base/trace.h"
#include "comm/agree.h"
#include "models/op.h"
#include "trainer/proof.h"
#include "trainer/report.h"
#include "trainer/trace_file.h"
#include "trainer/training_evaluate.h"
#include "trainer/watch.h"

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

// Collective. All own workers at once; their leaves wait for the reducer.
static void run_lockstep(training *t, const method_step *step)
{
    phases_enter(&t->phases, PHASE_REDUCE);
    memset(t->first_leaf, 0, (size_t)t->workers.count * training_leaf_floats(t) * sizeof(float));
    t->job->method->run(t->method, step, (worker_group){0, t->workers.count}, t->leaves);
}

// Seconds that one more step and its checkpoint may take.
static double time_to_stop(const training *t)
{
    double saving = t->saver != NULL ? saver_get_times(t->saver).longest : 0;
    return t->longest_step + 3 * saving;
}

// On the bits, for a plain comparison of floats is not compiled to vectors.
static bool all_finite(const float *x, size_t count)
{
    const uint32_t exponent = 0x7f800000;
    uint32_t found = 0;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &x[i], sizeof bits);
        found |= (bits & exponent) == exponent;
    }
    return found == 0;
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
            t->job->method->run(t->method, step, (worker_group){worker, 1}, &parts);
        }
        if (!all_finite(leaf, error_lane_at(t)) && t->unsound_worker < 0)
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
    phases_enter(&t->phases, PHASE_OPTIMIZER);
    phases_move(&t->phases, PHASE_REDUCE, PHASE_WAIT, waited);
    return sum;
}

// Euclidean norm, in double by blocks of fixed size.
static double norm(const float *x, size_t count)
{
    double total = 0;
    for (size_t at = 0; at < count; at += 1024) {
        size_t end = at + 1024 < count ? at + 1024 : count;
        float part[16] = {0};
        size_t i = at;
        for (; i + 16 <= end; i += 16)
            for (size_t lane = 0; lane < 16; lane++)
                part[lane] += x[i + lane] * x[i + lane];
        for (; i < end; i++)
            part[0] += x[i] * x[i];
        for (size_t lane = 0; lane < 16; lane++)
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
    for (int i = 0; i < OPTIMIZER_MAX_STATES; i++)
        step.states[i] = t->optimizer_states[i];
    t->job->optimizer->update(&t->job->optimizer_config, &step);
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
    t->job->method->begin(t->method, &step);
    fill_leaves(t, &step);
    const float *sum = sum_leaves(t);
    if (sum[error_lane_at(t)] > 0) {
        status all = agree(t->world, mine);
        ASSERT(all != ST_OK);
        return all;
    }
    t->stopping = sum[stop_lane_at(t)] > 0;
    double gradient_norm = norm(sum, t->learned->param_count);
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

// Collective. The next batch of the loader.
static status run_step(training *t, report *r)
{
    double waited = 0;
    step_outcome outcome = {0};
    pulse_step(t->step);
    phases_enter(&t->phases, PHASE_DATA);
    TRY(training_step(t, loader_next(t->loader, &waited), &outcome));
    proof_add_step(t, &outcome);
    report_step(r, t, outcome.metrics, outcome.gradient_norm, outcome.lr);
    return ST_OK;
}

// Local. What the disk has no room for is told of, and does not end the run: later there may be room.
static status forgive(status s)
{
    if (s != ST_IO) return s;
    log_warn("%s; training goes on", status_message());
    status_clear();
    return ST_OK;
}

// Local. Pictures at the end of an epoch, by rank 0.
static status draw(const training *t)
{
    const method_type *method = t->job->method;
    if (t->world->rank != 0 || method->draw == NULL) return ST_OK;
    char prefix[RUN_PATH_SIZE];
    TRY(run_folder_pictures(&t->folder, t->step / t->steps_per_epoch, prefix));
    return method->draw(t->method, prefix);
}

static bool due(uint64_t step, uint64_t steps_per_epoch, int64_t every_epochs)
{
    return every_epochs > 0 && step % (steps_per_epoch * (uint64_t)every_epochs) == 0;
}

// Rates and phases are those of training alone, without evaluations and checkpoints.
static void start_counting(training *t, report *r)
{
    r->since = clock_seconds();
    phases_reset(&t->phases);
}

// "running", "done", or "stopped" before the schedule's end.
static const char *state_of(const training *t, bool last)
{
    if (last && t->step >= t->steps_total) return "done";
    return last || t->stopping ? "stopped" : "running";
}

// Local. Rank 0 holds all that a checkpoint needs, so the others need not know of one by the clock.
static void save(training *t)
{
    if (t->saver == NULL) return;
    phases_enter(&t->phases, PHASE_OTHER);
    snapshot_begin(t);
    t->saved = clock_seconds();
}

static bool is_old(const training *t)
{
    double seconds = 60 * t->job->checkpoint.minutes;
    return seconds > 0 && clock_seconds() - t->saved > seconds;
}

// Local. All that has been handed to the disk is there, or this is an error.
static status finish_writing(training *t)
{
    if (t->world->rank != 0) return ST_OK;
    TRY(saver_finish(t->saver));
    return run_folder_flush(&t->folder);
}

// Collective. At the end, nothing is forgiven.
static status note_state(training *t, const report *r, bool last)
{
    const char *state = state_of(t, last);
    if (!last && !t->stopping) return agree(t->world, forgive(report_run(r, t, state)));
    TRY(agree(t->world, finish_writing(t)));
    return agree(t->world, report_run(r, t, state));
}

// Collective. What is due after step t->step; evaluations and checkpoints are agreement points. Who
// is asked to stop has little time: then a checkpoint is written and nothing is evaluated.
static status after_step(training *t, report *r, bool last)
{
    const job *j = t->job;
    if (report_due(r, t, last || t->stopping)) pace_look(&t->pace, t->world, &t->phases);
    status s = report_write(r, t, last || t->stopping);
    if (s == ST_OK && r->steps == 0) s = trace_flush();
    if (r->steps == 0) watch_metrics(t, r->last_metrics); // they are new
    if (t->saver != NULL) saver_look(t->saver);
    if (t->pending == ST_OK) t->pending = s;
    bool leaving = t->stopping && !last;
    bool save_due = last || leaving || due(t->step, t->steps_per_epoch, j->checkpoint.every);
    bool evaluate_due = last || due(t->step, t->steps_per_epoch, j->evaluate.every);
    bool draw_due = last || due(t->step, t->steps_per_epoch, 1);
    if (draw_due && t->pending == ST_OK) t->pending = forgive(draw(t));
    if (due(t->step, t->steps_per_epoch, 1) && t->pending == ST_OK)
        t->pending = forgive(proof_add_epoch(t));
    if (!save_due && is_old(t)) save(t);
    if (!save_due && !evaluate_due) return ST_OK;
    phases_enter(&t->phases, PHASE_OTHER);
    TRY(agree(t->world, t->pending));
    if (save_due) save(t);
    if (evaluate_due && !leaving) TRY(training_evaluate(t, r));
    TRY(note_state(t, r, last));
    start_counting(t, r);
    return ST_OK;
}

// Collective.
static status timed_step(training *t, report *r)
{
    double began = clock_seconds();
    TRY(run_step(t, r));
    double ended = clock_seconds(), seconds = ended - began;
    trace_numbered(TRACE_STEPS, "step", t->step, began, ended);
    if (seconds > t->longest_step) t->longest_step = seconds;
    return ST_OK;
}

status training_measure(training *t, int steps, double *seconds)
{
    report r;
    report_begin(&r);
    *seconds = (double)INFINITY;
    for (int i = 0; i < steps; i++) {
        double began = clock_seconds();
        TRY(run_step(t, &r));
        double passed = clock_seconds() - began;
        if (i > 0 && passed < *seconds) *seconds = passed;
    }
    progress_end();
    return ST_OK;
}

// Collective.
static status run_steps(training *t, report *r)
{
    TRY(agree(t->world, forgive(report_run(r, t, "running"))));
    uint64_t end = training_end(t);
    if (t->step >= end) {
        log_info("%s: all %llu steps are done already", t->job->run, (unsigned long long)end);
        return training_evaluate(t, r);
    }
    watch_start(t);
    TRY(agree(t->world, forgive(proof_begin(t))));
    TRY(training_evaluate_floors(t, r));
    start_counting(t, r);
    t->saved = clock_seconds();
    while (t->step < end && !t->stopping) {
        TRY(timed_step(t, r));
        TRY(after_step(t, r, t->step == end));
    }
    return t->step < end ? ST_STOPPED : ST_OK;
}

// Local. How much the checkpoints have cost.
static void tell_times(const training *t)
{
    if (t->saver == NULL) return;
    saver_times times = saver_get_times(t->saver);
    if (times.written == 0) return;
    log_info("%d checkpoint%s of %.1f MB: training waited %.3f s for them, %.2f %% of its time",
             times.written, times.written > 1 ? "s" : "", 1e-6 * (double)saver_bytes(t->saver),
             times.stalled, 100 * times.stalled / (clock_seconds() - t->started));
}

// Collective.
static status run_traced(training *t, report *r)
{
    if (!t->job->trace) return run_steps(t, r);
    TRY(trace_file_begin(t->world, t->job->run));
    status s = run_steps(t, r);
    status traced = trace_file_end(t->world, t->job->run);
    return s == ST_OK ? traced : s;
}

status training_loop(training *t)
{
    report r;
    report_begin(&r);
    phases_enter(&t->phases, PHASE_OTHER);
    status s = run_traced(t, &r);
    progress_end();
    if (s == ST_STOPPED) stop_tell(&t->stop, t->world);
    if (s == ST_OK || s == ST_STOPPED) {
        tell_times(t);
        log_info("%s: step %llu of %llu after %.1f s%s", t->job->run, (unsigned long long)t->step,
                 (unsigned long long)t->steps_total, clock_seconds() - t->started,
                 s == ST_STOPPED ? "; checkpoint written, run me again" : "");
        return s;
    }
    // The run has failed and all ranks know why; that it cannot be noted down changes nothing.
    if (report_run(&r, t, "failed") != ST_OK) status_clear();
    return s;
}
