// trainer/loop/warnings.c -- the limits, and the sentences.
#include "trainer/loop/warnings.h"

#include "base/log.h"

#include <math.h>
#include <stdio.h>

#define CHANCE_MARGIN   0.01 // nats below ln(K + 1) that still count as chance
#define LEAK_ACCURACY   0.95
#define LEAST_DEVIATION 0.01 // 1 is evenly spread
#define LEAST_RANK      2.0
#define NEAR_POINT      0.95 // of a metric's value for one point
#define LARGEST_SHARE   0.1  // of the data set among the negatives
#define LARGEST_MEMORY  0.25 // of the run, of the key encoder

// True the first time.
static bool first_time(warnings *w, warning which)
{
    bool first = !w->told[which];
    w->told[which] = true;
    return first;
}

bool warn_negatives(warnings *w, const warnings_setup *setup)
{
    if ((double)setup->negatives <= LARGEST_SHARE * (double)setup->samples) return false;
    if (!first_time(w, WARNING_NEGATIVES)) return false;
    unsigned long long most = (unsigned long long)(LARGEST_SHARE * (double)setup->samples);
    char advice[64] = "more images are needed";
    if (most > 0) snprintf(advice, sizeof advice, "so take at most %llu", most);
    log_warn("each query has %llu negatives, more than a tenth of the %llu training images; many "
             "will resemble it, %s",
             (unsigned long long)setup->negatives, (unsigned long long)setup->samples, advice);
    return true;
}

bool warn_momentum(warnings *w, const warnings_setup *setup)
{
    if (setup->negatives == 0 || setup->momentum <= 0) return false;
    double most = LARGEST_MEMORY * (double)setup->steps_total;
    // Not 1 / (1 - m) > most: m may be 1.
    if ((1 - setup->momentum) * most >= 1) return false;
    if (!first_time(w, WARNING_MOMENTUM)) return false;
    char advice[64] = "train longer";
    if (most > 1)
        snprintf(advice, sizeof advice, "take at most %.3g, or train longer", 1 - 1 / most);
    log_warn("momentum %g is too slow for %llu steps: the key encoder hardly leaves its random "
             "start; %s",
             setup->momentum, (unsigned long long)setup->steps_total, advice);
    return true;
}

bool warn_rate(warnings *w, double rate, uint64_t steps)
{
    if (rate > 0 || steps == 0) return false;
    if (!first_time(w, WARNING_RATE)) return false;
    log_warn("the learning rate is 0 in all %llu steps of this run, so the weights stay as they "
             "are; raise optimizer.lr, or look at the schedule",
             (unsigned long long)steps);
    return true;
}

bool warn_chance(warnings *w, const warnings_setup *setup, double loss, double epoch)
{
    if (setup->negatives == 0 || epoch < 1) return false;
    double chance = log((double)setup->negatives + 1);
    if (loss < chance - CHANCE_MARGIN) return false;
    if (!first_time(w, WARNING_CHANCE)) return false;
    log_warn("after epoch %.2f the loss %.3f is no better than guessing among %llu, %.3f; try "
             "another learning rate, or weaker augmentation",
             epoch, loss, (unsigned long long)setup->negatives + 1, chance);
    return true;
}

bool warn_leak(warnings *w, const warnings_setup *setup, double accuracy, uint64_t keys,
               double epoch)
{
    if (setup->negatives == 0 || keys < setup->negatives || epoch < 1) return false;
    if (accuracy <= LEAK_ACCURACY) return false;
    if (!first_time(w, WARNING_LEAK)) return false;
    log_warn(
        "queries find their keys among %llu in %.1f %% of cases, which is too easy: batch "
        "norm may give them away (in moco keep method.shuffle true, with two workers or more, "
        "or take model.norm sync or group), the views are too much alike, or the negatives too few",
        (unsigned long long)setup->negatives + 1, 100 * accuracy);
    return true;
}

bool warn_empty(warnings *w, double nonzero)
{
    if (nonzero > 0) return false;
    if (!first_time(w, WARNING_EMPTY)) return false;
    log_warn(
        "all codes are 0, so nothing is learnt: penalty.lambda is at or above the lambda_max of "
        "these images (or the images are constant); take a smaller lambda, or give it as "
        "unit: relative");
    return true;
}

bool warn_point(warnings *w, const char *metric, double value, double of_point)
{
    if (!(value >= NEAR_POINT * of_point)) return false;
    if (!first_time(w, WARNING_POINT)) return false;
    log_warn("the embeddings have collapsed: %s is %.4g, and %.4g where all images have the same; "
             "give what spreads them more weight beside the rest, or take a smaller optimizer.lr",
             metric, value, of_point);
    return true;
}

bool warn_collapse(warnings *w, const health *h)
{
    if (h->deviation >= LEAST_DEVIATION && h->effective_rank >= LEAST_RANK) return false;
    if (!first_time(w, WARNING_COLLAPSE)) return false;
    log_warn("the features have collapsed: deviation %.3g (1 is evenly spread), effective rank "
             "%.1f; all images look nearly the same to the net, so training on is of no use",
             h->deviation, h->effective_rank);
    return true;
}
