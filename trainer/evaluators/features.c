// trainer/evaluators/features.c -- features of frozen, un-augmented images: kNN beside its floors,
// linear probe, health (trainer/evaluation/evaluate.h).
#include "trainer/evaluation/evaluate.h"
#include "trainer/evaluator.h"

#include <math.h>
#include <stdio.h>

static status create(void **state, const evaluator_setup *setup)
{
    return evaluator_create((evaluator **)state, setup->world, setup->job, setup->training);
}

// A negative share is not known.
static void add_share(scores *s, const char *name, double share)
{
    if (share >= 0) scores_add(s, name, share);
}

static status floors(void *state, scores *found)
{
    double pixels = 0, untrained = 0;
    if (!evaluator_is_labelled(state)) return ST_OK;
    TRY(evaluator_pixels_knn(state, &pixels));
    TRY(evaluator_untrained_knn(state, &untrained));
    scores_add(found, "knn_top1_pixels", pixels);
    scores_add(found, "knn_top1_untrained", untrained);
    return ST_OK;
}

static status score(void *state, const trained *from, scores *found)
{
    evaluation e = {0};
    if (from->checkpoint != NULL)
        TRY(evaluator_checkpoint(state, from->checkpoint, &e));
    else
        TRY(evaluator_trained(state, from->learned, &e));
    add_share(found, "knn_top1", e.knn);
    add_share(found, "probe_top1", e.probe);
    scores_add(found, "alignment", e.alignment);
    scores_add(found, "uniformity", e.health.uniformity);
    scores_add(found, "effective_rank", e.health.effective_rank);
    scores_add(found, "feature_deviation", e.health.deviation);
    return ST_OK;
}

static status rehearse(void *state, const trained *from)
{
    (void)from;
    return evaluator_rehearse(state);
}

static void tell(const scores *s, char *line, size_t size)
{
    double knn = scores_find(s, "knn_top1"), probe = scores_find(s, "probe_top1");
    char first[64] = "", last[64] = "";
    if (!isnan(knn)) snprintf(first, sizeof first, "kNN top-1 %.2f %%  ", 100 * knn);
    if (!isnan(probe)) snprintf(last, sizeof last, "  linear probe top-1 %.2f %%", 100 * probe);
    snprintf(line, size, "%salignment %.3f  uniformity %.3f  effective rank %.1f  deviation %.3f%s",
             first, scores_find(s, "alignment"), scores_find(s, "uniformity"),
             scores_find(s, "effective_rank"), scores_find(s, "feature_deviation"), last);
}

static void print_share(const char *label, double share)
{
    if (!isnan(share)) printf("  %-14s %6.2f %%\n", label, 100 * share);
}

static void print(const job *j, const scores *floor, const scores *s)
{
    double knn = scores_find(s, "knn_top1"), probe = scores_find(s, "probe_top1");
    if (!isnan(knn)) {
        printf("kNN top-1 (k %lld, temperature %g)\n", (long long)j->evaluate.knn_k,
               j->evaluate.knn_temperature);
        print_share("raw pixels", scores_find(floor, "knn_top1_pixels"));
        print_share("untrained net", scores_find(floor, "knn_top1_untrained"));
        print_share("trained net", knn);
    }
    printf("health of the trained net's features\n"
           "  alignment      %7.3f\n  uniformity     %7.3f\n  effective rank %7.1f\n"
           "  deviation      %7.3f\n",
           scores_find(s, "alignment"), scores_find(s, "uniformity"),
           scores_find(s, "effective_rank"), scores_find(s, "feature_deviation"));
    if (!isnan(probe)) printf("linear probe top-1\n");
    print_share("trained net", probe);
}

static void destroy(void *state)
{
    evaluator_destroy(state);
}

const evaluator_type evaluator_features = {
    .readout = "features",
    .create = create,
    .floors = floors,
    .score = score,
    .rehearse = rehearse,
    .tell = tell,
    .print = print,
    .destroy = destroy,
};
