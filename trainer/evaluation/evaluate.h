// trainer/evaluation/evaluate.h -- how good are the features of frozen, un-augmented images? kNN
// accuracy, and their health without labels.
#ifndef TRAINER_EVALUATION_EVALUATE_H
#define TRAINER_EVALUATION_EVALUATE_H

#include "trainer/evaluation/health.h"
#include "trainer/job/job.h"
#include "trainer/streams/view_statistics.h"

typedef struct evaluator evaluator;

typedef struct evaluation {
    double knn;       // share of test images; negative = no labels
    double alignment; // of two random views of test images, as in training; 0 = the same features
    // Share of test images that a linear classifier gets right; negative = not asked, or no labels.
    double probe;
    health health; // of the test images' unit features, at most HEALTH_ROWS; known to rank 0 alone
} evaluation;

// Local. Opens the job's train (the bank) and test images, both in units of the data that was
// trained on, `training`, which must last as long; builds the net for evaluation.
// Says so in the log when train or test has no labels: kNN and probe are then left out.
// Errors: as dataset_open; ST_BAD_DATA with a single test image, or when train and test differ in
// shape.
status evaluator_create(evaluator **e, const world *w, const job *j,
                        const view_statistics *training);

// Whether there are labels to score features by.
bool evaluator_is_labelled(const evaluator *e);

// Collective. kNN, the share of test images whose neighbours in the train set vote for their class,
// alignment and health, with the net's features under these weights, which have an encoder's by
// their names. The same bits on any number of ranks. On error all ranks
// return the same status, its message already printed. Further errors: ST_DIVERGED features that
// are not finite.
status evaluator_trained(evaluator *e, const weights *learned, evaluation *found);

// The same with the weights of a checkpoint file. Further errors: those of
// io/checkpoint/checkpoint.h.
status evaluator_checkpoint(evaluator *e, const char *path, evaluation *found);

// Collective. The floors, for an evaluator with labels: raw pixels (images larger than 32 x 32
// averaged down to at most that), and the net with its first random weights.
status evaluator_pixels_knn(evaluator *e, double *top1);
status evaluator_untrained_knn(evaluator *e, double *top1);

// Collective. Takes the memory that an evaluation takes, but for the linear probe's, and does
// little of the work: for base/peak_memory.h. Errors: the same.
status evaluator_rehearse(evaluator *e);

void evaluator_destroy(evaluator *e);

#endif
