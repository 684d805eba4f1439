// trainer/evaluation/data_checks.h -- what makes an evaluation's numbers mean less than they seem
// to: test images that were trained on, and test classes that training lacks.
#ifndef TRAINER_EVALUATION_DATA_CHECKS_H
#define TRAINER_EVALUATION_DATA_CHECKS_H

#include "trainer/streams/embedding.h"

// Local. Warns in the log. Errors: ST_INTERNAL no memory; as dataset_read_labels.
status data_checks(const image_stream *train, const image_stream *test);

// Whether test pixels lie so far from training pixels that one of both must be in another unit.
bool units_differ(const dataset_info *train, const dataset_info *test);

// Labels of test images that none of the training images has.
typedef struct unseen_labels {
    uint64_t images, labelled; // with such a label; with any
    int64_t first;             // the least such label; -1: none
} unseen_labels;

// `classes` is above all labels; seen: (classes) room.
unseen_labels unseen_labels_count(const int64_t *train, uint64_t train_count, const int64_t *test,
                                  uint64_t test_count, int classes, bool *seen);

#endif
