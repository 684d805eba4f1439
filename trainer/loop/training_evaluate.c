// trainer/loop/training_evaluate.c -- what a run's weights are worth on test data, told to the log
// and the metrics.
#include "trainer/loop/training_evaluate.h"

#include "base/log.h"
#include "comm/agree.h"
#include "trainer/loop/warn.h"

#include <math.h>

static trained weights_of(training *t)
{
    return (trained){.learned = t->learned, .method = t->method};
}

status training_evaluate_floors(training *t, report *r)
{
    if (!t->job->evaluate.floors) return ST_OK;
    if (r->knn_pixels >= 0 && r->knn_untrained >= 0) return ST_OK; // recalled
    for (int i = 0; i < t->evaluators.count; i++) {
        scores found = {0};
        if (t->evaluators.type[i]->floors == NULL) continue;
        TRY(t->evaluators.type[i]->floors(t->evaluators.state[i], &found));
        if (found.count == 0) continue;
        report_keep_floors(r, &found);
        log_info("kNN top-1 before training: raw pixels %.2f %%, untrained net %.2f %%",
                 100 * r->knn_pixels, 100 * r->knn_untrained);
        TRY(agree(t->world, report_floors(t, &found)));
    }
    return ST_OK;
}

// Collective.
static status evaluate_one(training *t, report *r, const evaluator_type *type, void *state)
{
    trained from = weights_of(t);
    scores found = {0};
    char line[512];
    TRY(type->score(state, &from, &found));
    type->tell(&found, line, sizeof line);
    log_info("epoch %.2f: %s", (double)t->step / (double)t->steps_per_epoch, line);
    double knn = scores_find(&found, "knn_top1");
    if (!isnan(knn)) r->knn = knn;
    warn_of_scores(t, &found);
    return agree(t->world, report_scores(t, &found));
}

status training_evaluate(training *t, report *r)
{
    for (int i = 0; i < t->evaluators.count; i++)
        TRY(evaluate_one(t, r, t->evaluators.type[i], t->evaluators.state[i]));
    return ST_OK;
}

status training_evaluate_lost(training *t, report *r)
{
    uint64_t epoch = t->steps_per_epoch, every = (uint64_t)t->job->evaluate.every;
    bool due = t->step == training_end(t) || (every > 0 && t->step % (epoch * every) == 0);
    return due && t->step > 0 && !r->is_evaluated ? training_evaluate(t, r) : ST_OK;
}

status training_rehearse_evaluation(training *t)
{
    trained from = weights_of(t);
    for (int i = 0; i < t->evaluators.count; i++)
        TRY(t->evaluators.type[i]->rehearse(t->evaluators.state[i], &from));
    return ST_OK;
}
