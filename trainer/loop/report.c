// trainer/loop/report.c -- numbers of a run, for people and for programs.
#include "trainer/loop/report.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "models/kernels/version.h"

#include <math.h>
#include <time.h>

void report_begin(report *r)
{
    *r = (report){.since = clock_seconds(), .knn = -1, .knn_pixels = -1, .knn_untrained = -1};
}

static double epoch_of(const training *t)
{
    return (double)t->step / (double)t->steps_per_epoch;
}

// The method's metrics that there are in this job.
static void add_metrics(json_line *line, const training *t, const double *values)
{
    for (size_t i = 0; i < t->metric_count; i++)
        if (training_measures(t, i)) json_real(line, t->job->method->metric_names[i], values[i]);
}

static void show_progress(const report *r, const training *t, const float *newest)
{
    char metrics[256] = "";
    size_t used = 0;
    for (size_t i = 0; i < t->metric_count && used < sizeof metrics; i++)
        if (training_measures(t, i))
            used += (size_t)snprintf(metrics + used, sizeof metrics - used, "  %s %.4f",
                                     t->job->method->metric_names[i], (double)newest[i]);
    double now = clock_seconds();
    double rate = r->steps > 0 && now > r->since
                      ? (double)r->steps * (double)t->job->batch / (now - r->since)
                      : r->images_per_second;
    double left = rate > 0 ? (double)(training_end(t) - t->step) * (double)t->job->batch / rate : 0;
    progress_line(30,
                  "epoch %.2f/%lld  step %llu/%llu%s  lr %.4g  %.0f images/s  %d:%02d:%02d left",
                  epoch_of(t), (long long)t->job->schedule.epochs, (unsigned long long)t->step,
                  (unsigned long long)t->steps_total, metrics, r->lr, rate, (int)(left / 3600),
                  (int)(left / 60) % 60, (int)left % 60);
}

void report_step(report *r, const training *t, const float *metrics, double gradient_norm,
                 double lr)
{
    for (size_t i = 0; i < t->metric_count; i++)
        r->metrics[i] += (double)metrics[i];
    r->gradient_norm = gradient_norm;
    r->lr = lr;
    r->steps++;
    show_progress(r, t, metrics);
}

static void start_line(json_line *line, const training *t)
{
    json_begin(line);
    json_int(line, "step", (int64_t)t->step);
    json_real(line, "epoch", epoch_of(t));
}

bool report_due(const report *r, const training *t, bool force)
{
    return r->steps > 0 && (force || t->step % (uint64_t)t->job->log_every == 0);
}

// Seconds that ranks did not wait.
static void add_pace(json_line *line, const pace_found *found)
{
    json_open(line, "busy");
    json_real(line, "median", found->median);
    json_real(line, "deviation", found->deviation);
    json_int(line, "slowest_rank", found->slowest);
    json_real(line, "slowest", found->seconds);
    json_close(line);
}

status report_write(report *r, training *t, bool force)
{
    if (!report_due(r, t, force)) return ST_OK;
    phases_enter(&t->phases, PHASE_OTHER);
    double now = clock_seconds();
    json_line line;
    start_line(&line, t);
    json_int(&line, "samples", (int64_t)t->step * t->job->batch);
    for (size_t i = 0; i < t->metric_count; i++) {
        r->last_metrics[i] = r->metrics[i] / (double)r->steps;
        r->metrics[i] = 0;
    }
    add_metrics(&line, t, r->last_metrics);
    r->images_per_second = (double)r->steps * (double)t->job->batch / (now - r->since);
    json_real(&line, "lr", r->lr);
    json_real(&line, "gradient_norm", r->gradient_norm);
    json_real(&line, "images_per_s", r->images_per_second);
    json_open(&line, "seconds"); // of rank 0, over the steps of this line
    for (int i = 0; i < PHASE_COUNT; i++)
        json_real(&line, phase_names[i], t->phases.seconds[i]);
    json_close(&line);
    if (t->world->size > 1) add_pace(&line, &t->pace.found);
    phases_reset(&t->phases);
    r->steps = 0;
    r->since = now;
    return t->world->rank == 0 ? run_folder_add_metrics(&t->folder, json_end(&line)) : ST_OK;
}

void report_keep_floors(report *r, const scores *found)
{
    r->knn_pixels = scores_find(found, "knn_top1_pixels");
    r->knn_untrained = scores_find(found, "knn_top1_untrained");
}

// Rank 0. Scores first .. first + count - 1 as one line.
static status add_scores(training *t, const scores *found, int first, int count)
{
    json_line line;
    start_line(&line, t);
    for (int i = first; i < first + count; i++)
        json_real(&line, found->of[i].name, found->of[i].value);
    return run_folder_add_metrics(&t->folder, json_end(&line));
}

status report_floors(training *t, const scores *found)
{
    for (int i = 0; t->world->rank == 0 && i < found->count; i++)
        TRY(add_scores(t, found, i, 1));
    return ST_OK;
}

status report_scores(training *t, const scores *found)
{
    return t->world->rank == 0 ? add_scores(t, found, 0, found->count) : ST_OK;
}

// A negative share is not known.
static void add_share(json_line *line, const char *key, double value)
{
    if (value >= 0) json_real(line, key, value);
}

static void add_checkpoints(json_line *line, saver *s)
{
    saver_times times = saver_get_times(s);
    json_open(line, "checkpoints"); // since this process started
    json_int(line, "written", times.written);
    json_int(line, "failed", times.failed);
    json_real(line, "seconds_waited", times.stalled);
    json_real(line, "seconds_writing", times.writing);
    json_close(line);
}

static void start_run(json_line *line, const training *t, const char *run_status)
{
    start_line(line, t);
    json_text(line, "status", run_status);
}

status report_run(const report *r, const training *t, const char *run_status)
{
    if (t->world->rank != 0) return ST_OK;
    char versions[256], instructions[64];
    kernels_versions(versions, sizeof versions);
    kernels_instruction_set(instructions, sizeof instructions);
    json_line line;
    start_run(&line, t, run_status);
    json_int(&line, "steps_total", (int64_t)t->steps_total);
    json_text(&line, "method", t->job->method->name);
    if (t->job->net != NULL) json_text(&line, "net", t->job->net->name);
    json_open(&line, "last");
    add_metrics(&line, t, r->last_metrics);
    json_real(&line, "images_per_s", r->images_per_second);
    add_share(&line, "knn_top1", r->knn);
    add_share(&line, "knn_top1_untrained", r->knn_untrained);
    add_share(&line, "knn_top1_pixels", r->knn_pixels);
    json_close(&line);
    add_checkpoints(&line, t->saver);
    json_int(&line, "ranks", t->world->size);
    json_int(&line, "workers", t->workers.total);
    json_text(&line, "basin", BASIN_VERSION);
    json_text(&line, "libraries", versions);
    json_text(&line, "instruction_set", instructions);
    json_int(&line, "written", (int64_t)time(NULL));
    return run_folder_write(&t->folder, "run.json", json_end(&line));
}

status report_run_once(const report *r, const training *t, const char *run_status)
{
    json_line start;
    if (t->world->rank != 0) return ST_OK;
    start_run(&start, t, run_status);
    if (run_folder_begins(&t->folder, "run.json", start.text)) return ST_OK;
    return report_run(r, t, run_status);
}
