// trainer/loop/warn.c -- which number of a training is which of the warnings'.
#include "trainer/loop/warn.h"

#include <math.h>
#include <string.h>

// False: the method is not contrastive.
static bool describe(const training *t, method_contrast *contrast, warnings_setup *setup)
{
    const method_type *method = t->job->method;
    if (method->contrast == NULL) return false;
    method->contrast(&t->job->method_config, t->order.batch, contrast);
    *setup = (warnings_setup){.negatives = contrast->negatives,
                              .samples = t->order.count,
                              .steps_total = t->steps_total,
                              .momentum = contrast->momentum};
    return true;
}

// The first learning rate above 0 of the steps still to come, or 0.
static double first_rate(const training *t)
{
    double rate = 0;
    for (uint64_t step = t->step; step < training_end(t) && rate == 0; step++)
        rate = t->job->lr * schedule_factor(&t->job->schedule, step, t->steps_per_epoch);
    return rate;
}

void warn_at_start(training *t)
{
    warn_rate(&t->warnings, first_rate(t), training_end(t) - t->step);
    method_contrast contrast;
    warnings_setup setup;
    if (!describe(t, &contrast, &setup)) return;
    warn_negatives(&t->warnings, &setup);
    warn_momentum(&t->warnings, &setup);
}

// NaN where the method has no such metric.
static double mean_of(const training *t, const double *means, const char *metric)
{
    for (size_t i = 0; i < t->metric_count; i++)
        if (strcmp(t->job->method->metric_names[i], metric) == 0) return means[i];
    return (double)NAN;
}

static void warn_of_point(training *t, const double *means)
{
    const method_type *method = t->job->method;
    if (method->one_point == NULL) return;
    const char *name;
    double of_point = method->one_point(&t->job->method_config, t->order.batch, &name);
    warn_point(&t->warnings, name, mean_of(t, means, name), of_point);
}

void warn_of_metrics(training *t, const double *means)
{
    method_contrast contrast;
    warnings_setup setup;
    double nonzero = mean_of(t, means, "nonzero");
    if (!isnan(nonzero)) warn_empty(&t->warnings, nonzero);
    warn_of_point(t, means);
    if (!describe(t, &contrast, &setup)) return;
    uint64_t window = (uint64_t)t->job->log_every;
    uint64_t before = t->step > window ? t->step - window : 0; // steps before those of the means
    uint64_t keys = contrast.keys_a_step > 0 ? before * contrast.keys_a_step : contrast.negatives;
    double epoch = (double)t->step / (double)t->steps_per_epoch;
    warn_chance(&t->warnings, &setup, means[0] / contrast.loss_scale, epoch);
    warn_leak(&t->warnings, &setup, mean_of(t, means, "accuracy"), keys, epoch);
}

void warn_of_scores(training *t, const scores *found)
{
    health h = {.effective_rank = scores_find(found, "effective_rank"),
                .deviation = scores_find(found, "feature_deviation")};
    if (t->world->rank == 0 && !isnan(h.deviation)) warn_collapse(&t->warnings, &h);
}
