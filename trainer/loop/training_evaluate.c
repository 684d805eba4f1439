// trainer/loop/training_evaluate.c -- what a run's weights are worth on test data, told to the log and the metrics.
#include "trainer/loop/training_evaluate.h"

#include "base/log.h"
#include "comm/agree.h"
#include "trainer/loop/warn.h"

#include <math.h>

status training_evaluate_floors(training *t, report *r)
{
    if (t->evaluator == NULL || !t->job->evaluate.floors) return ST_OK;
    if (!evaluator_is_labelled(t->evaluator)) return ST_OK;
    if (r->knn_pixels >= 0 && r->knn_untrained >= 0) return ST_OK; // recalled
    TRY(evaluator_pixels_knn(t->evaluator, &r->knn_pixels));
    TRY(evaluator_untrained_knn(t->evaluator, &r->knn_untrained));
    log_info("kNN top-1 before training: raw pixels %.2f %%, untrained net %.2f %%",
             100 * r->knn_pixels, 100 * r->knn_untrained);
    status s = report_floor(t, "knn_top1_pixels", r->knn_pixels);
    if (s == ST_OK) s = report_floor(t, "knn_top1_untrained", r->knn_untrained);
    return agree(t->world, s);
}

// Collective.
static status evaluate_codes(training *t)
{
    code_evaluation found;
    TRY(code_evaluator_weights(t->code_evaluator, t->learned, t->job->method->lambda(t->method),
                               &found));
    char gap[32] = "", guess[48] = "";
    if (isfinite(found.gap)) snprintf(gap, sizeof gap, "  gap %.2g", found.gap);
    if (isfinite(found.encoder))
        snprintf(guess, sizeof guess, "  encoder / energy %.4f", found.encoder);
    log_info("epoch %.2f: %llu test samples: energy %.4f  error %.4f  nonzero %.4f  iterations %.1f"
             "%s%s",
             (double)t->step / (double)t->steps_per_epoch, (unsigned long long)found.samples,
             found.energy, found.error, found.nonzero, found.iterations, gap, guess);
    return agree(t->world, report_code_evaluation(t, &found));
}

// Collective.
static status evaluate_features(training *t, report *r)
{
    evaluation found;
    TRY(evaluator_features(t->evaluator, t->learned, &found));
    r->knn = found.knn;
    char knn[64] = "";
    if (found.knn >= 0) snprintf(knn, sizeof knn, "kNN top-1 %.2f %%  ", 100 * found.knn);
    log_info("epoch %.2f: %salignment %.3f  uniformity %.3f  effective rank %.1f  deviation %.3f",
             (double)t->step / (double)t->steps_per_epoch, knn, found.alignment,
             found.health.uniformity, found.health.effective_rank, found.health.deviation);
    if (found.probe >= 0) log_info("linear probe top-1 %.2f %%", 100 * found.probe);
    warn_of_health(t, &found.health);
    return agree(t->world, report_evaluation(t, &found));
}

status training_evaluate(training *t, report *r)
{
    if (t->code_evaluator != NULL) return evaluate_codes(t);
    return t->evaluator != NULL ? evaluate_features(t, r) : ST_OK;
}

status training_evaluate_lost(training *t, report *r)
{
    uint64_t epoch = t->steps_per_epoch, every = (uint64_t)t->job->evaluate.every;
    bool due = t->step == training_end(t) || (every > 0 && t->step % (epoch * every) == 0);
    return due && t->step > 0 && !r->is_evaluated ? training_evaluate(t, r) : ST_OK;
}

status training_rehearse_evaluation(training *t)
{
    if (t->code_evaluator != NULL)
        return code_evaluator_rehearse(t->code_evaluator, t->learned,
                                       t->job->method->lambda(t->method));
    return t->evaluator != NULL ? evaluator_rehearse(t->evaluator) : ST_OK;
}
