// trainer/loop/report.h -- what a training tells: lines of metrics.jsonl, the live line, run.json.
#ifndef TRAINER_LOOP_REPORT_H
#define TRAINER_LOOP_REPORT_H

#include "trainer/loop/training.h"

// Means over the steps since the last logged one.
typedef struct report {
    double metrics[METHOD_MAX_METRICS]; // sums
    double gradient_norm, lr;           // of the last step
    uint64_t steps;
    double since; // clock_seconds
    double last_metrics[METHOD_MAX_METRICS], images_per_second;
    double knn, knn_pixels, knn_untrained; // newest evaluations; negative = none
    bool is_evaluated;                     // at the step where this process began
} report;

void report_begin(report *r);

// After a step. metrics: its values (training.metric_count).
void report_step(report *r, const training *t, const float *metrics, double gradient_norm,
                 double lr);

// Whether a line of metrics is due: at steps that log_every divides, so that a run that was stopped
// logs the steps of one that was not; with `force` at any. The same on all ranks.
bool report_due(const report *r, const training *t, bool force);

// Writes a line of metrics when it is due. Rank 0 writes,
// others do nothing. Errors: ST_IO.
status report_write(report *r, training *t, bool force);

// Keeps the floors for run.json.
void report_keep_floors(report *r, const scores *found);

// Writes each floor as a line of its own, {"step":…,"epoch":…,"<name>":…}. Errors: ST_IO.
status report_floors(training *t, const scores *found);

// Writes an evaluation's line, {"step":…,"epoch":…,"<name>":…, ...}. Errors: ST_IO.
status report_scores(training *t, const scores *found);

// Replaces run.json. run_status: "running", "done", "stopped", "failed". Errors: ST_IO.
status report_run(const report *r, const training *t, const char *run_status);

// The same, unless run.json has that status at this step already. Errors: ST_IO.
status report_run_once(const report *r, const training *t, const char *run_status);

#endif
