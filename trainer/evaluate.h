// trainer/evaluate.h -- how good are the features? kNN accuracy of frozen, un-augmented images.
#ifndef TRAINER_EVALUATE_H
#define TRAINER_EVALUATE_H

#include "trainer/job.h"

typedef struct evaluator evaluator;

// Local. Opens the job's train (the bank) and test images and builds the net for evaluation.
// Errors: as dataset_open; ST_BAD_DATA without labels, or when train and test differ in shape.
status evaluator_create(evaluator **e, const world *w, const job *j);

// Collective. Share of test images whose neighbours in the train set vote for their class, with the
// net's features under these weights (laid out as encoder_features' graph: a prefix of a graph with
// a head). The same bits on any number of ranks. On error all ranks return the same status, its
// message already printed.
status evaluator_features_knn(evaluator *e, const float *params, const float *statistics,
                              double *top1);

// The same with the weights of a checkpoint file. Further errors: those of io/checkpoint.h.
status evaluator_checkpoint_knn(evaluator *e, const char *path, double *top1);

// Collective. The floors: raw pixels (images larger than 32 x 32 averaged down to at most that), and
// the net with its first random weights.
status evaluator_pixels_knn(evaluator *e, double *top1);
status evaluator_untrained_knn(evaluator *e, double *top1);

void evaluator_destroy(evaluator *e);

#endif
