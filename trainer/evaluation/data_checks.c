// trainer/evaluation/data_checks.c -- see data_checks.h.
#include "trainer/evaluation/data_checks.h"

#include "base/log.h"
#include "io/shards/dataset_overlap.h"

#include <math.h>
#include <stdlib.h>

#define FARTHEST_MEAN 10.0f // deviations of training pixels: beyond, one of both is in another unit

unseen_labels unseen_labels_count(const int64_t *train, uint64_t train_count, const int64_t *test,
                                  uint64_t test_count, int classes, bool *seen)
{
    unseen_labels found = {.first = -1};
    for (int i = 0; i < classes; i++)
        seen[i] = false;
    for (uint64_t i = 0; i < train_count; i++)
        if (train[i] >= 0) seen[train[i]] = true;
    for (uint64_t i = 0; i < test_count; i++) {
        if (test[i] < 0) continue;
        found.labelled++;
        if (seen[test[i]]) continue;
        found.images++;
        if (found.first < 0 || test[i] < found.first) found.first = test[i];
    }
    return found;
}

static void tell_unseen(const image_stream *test, const unseen_labels *u)
{
    const char *name = dataset_class_name(test->data, u->first);
    char number[32];
    snprintf(number, sizeof number, "label %lld", (long long)u->first);
    if (u->images > 0)
        log_warn("data.test: %llu of %llu labelled images are of classes that data.train has no "
                 "labelled image of (%s first); kNN and probe cannot get them right",
                 (unsigned long long)u->images, (unsigned long long)u->labelled,
                 name != NULL ? name : number);
}

// labels: of training, then of test images.
static status check_labels(const image_stream *train, const image_stream *test, int64_t *labels[2])
{
    int train_classes = train->info->classes, test_classes = test->info->classes;
    int classes = train_classes > test_classes ? train_classes : test_classes;
    bool *seen = calloc((size_t)classes, sizeof *seen);
    CHECK(seen != NULL, ST_INTERNAL, "no memory for %d classes", classes);
    status s = image_stream_labels(train, &labels[0]);
    if (s == ST_OK) s = image_stream_labels(test, &labels[1]);
    if (s == ST_OK) {
        unseen_labels u = unseen_labels_count(labels[0], train->info->count, labels[1],
                                              test->info->count, classes, seen);
        tell_unseen(test, &u);
    }
    free(seen);
    return s;
}

bool units_differ(const dataset_info *train, const dataset_info *test)
{
    for (int c = 0; c < train->channels && c < test->channels; c++)
        if (fabsf(test->mean[c] - train->mean[c]) > FARTHEST_MEAN * train->deviation[c])
            return true;
    return false;
}

static void check_units(const dataset_info *train, const dataset_info *test)
{
    if (units_differ(train, test))
        log_warn(
            "data.test: its pixels have a mean of %g, those of data.train of %g with a deviation "
            "of %g (channel 0): are both in the same units?",
            (double)test->mean[0], (double)train->mean[0], (double)train->deviation[0]);
}

status data_checks(const image_stream *train, const image_stream *test)
{
    dataset_overlap shared;
    dataset_overlap_find(train->data, test->data, &shared);
    if (shared.files > 0)
        log_warn("data.test: %llu of its %llu files are among those of data.train, too (%s first): "
                 "what was trained on is no test",
                 (unsigned long long)shared.files,
                 (unsigned long long)dataset_file_count(test->data), shared.first);
    check_units(train->info, test->info);
    if (train->info->classes == 0 || test->info->classes == 0) return ST_OK;
    int64_t *labels[2] = {NULL, NULL};
    status s = check_labels(train, test, labels);
    free(labels[0]);
    free(labels[1]);
    return s;
}
