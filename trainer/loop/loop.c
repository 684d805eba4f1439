// trainer/loop/loop.c -- the one training loop: steps (trainer/loop/training_step.c), and what is
// due after each: report, checkpoint, evaluation, pictures, proof.
#include "trainer/loop/training.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/pulse.h"
#include "base/stop_signal.h"
#include "base/trace.h"
#include "comm/agree.h"
#include "trainer/loop/training_evaluate.h"
#include "trainer/loop/idle_settings.h"
#include "trainer/loop/proof.h"
#include "trainer/loop/recall.h"
#include "trainer/loop/report.h"
#include "trainer/run/trace_file.h"
#include "trainer/loop/warn.h"

#include <math.h>

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

// Local. What the disk has no room for is told of, and does not end the run: later there may be
// room.
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
    proof_flush(t);
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
    bool leaving = t->stopping && !last;
    bool save_due = last || leaving || due(t->step, t->steps_per_epoch, j->checkpoint.every);
    // A line at each checkpoint: means are then over the same steps when the run goes on from
    // there.
    if (report_due(r, t, save_due)) pace_look(&t->pace, t->world, &t->phases);
    status s = report_write(r, t, save_due);
    if (s == ST_OK && r->steps == 0) s = trace_flush();
    if (r->steps == 0) warn_of_metrics(t, r->last_metrics); // they are new
    if (t->saver != NULL) saver_look(t->saver);
    if (t->pending == ST_OK) t->pending = s;
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
        if (t->stopping) TRY(agree(t->world, ST_OK)); // which hears of the signal
        double passed = clock_seconds() - began;
        if (i > 0 && passed < *seconds) *seconds = passed;
    }
    progress_end();
    return ST_OK;
}

// Nothing is left to do: the run has come to this job's end, or beyond it.
static void tell_done(const training *t)
{
    unsigned long long step = t->step, total = t->steps_total;
    if (step > total)
        log_warn(
            "%s: %llu steps are done already, more than the %llu of this job's schedule; nothing "
            "is trained",
            t->job->run, step, total);
    else if (step == total)
        log_info("%s: all %llu steps are done already", t->job->run, total);
    else
        log_info(
            "%s: %llu of %llu steps are done already, and stop_after is %lld; nothing is trained",
            t->job->run, step, total, (long long)t->job->stop_after);
}

// Collective. The run has come to this job's end before; what was lost behind it is made up for.
static status run_nothing(training *t, report *r)
{
    tell_done(t);
    if (t->step > training_end(t)) return ST_OK; // of another job
    TRY(training_evaluate_lost(t, r));
    TRY(agree(t->world, finish_writing(t)));
    return agree(t->world, report_run_once(r, t, state_of(t, true)));
}

// Collective.
static status run_steps(training *t, report *r)
{
    uint64_t end = training_end(t);
    TRY(recall(r, t));
    if (t->step >= end) return run_nothing(t, r);
    TRY(agree(t->world, forgive(report_run(r, t, "running"))));
    idle_settings_tell(t);
    warn_at_start(t);
    TRY(agree(t->world, forgive(proof_begin(t))));
    TRY(training_evaluate_floors(t, r));
    TRY(training_evaluate_lost(t, r));
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
    uint64_t first = t->step;
    stop_signals_own(true); // after a step, with a checkpoint
    phases_enter(&t->phases, PHASE_OTHER);
    status s = run_traced(t, &r);
    progress_end();
    if (s == ST_STOPPED) stop_tell(&t->stop, t->world);
    if (s == ST_OK || s == ST_STOPPED) {
        if (t->step == first && s == ST_OK) return s;
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
