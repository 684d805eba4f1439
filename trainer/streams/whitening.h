// trainer/streams/whitening.h -- the whitening matrix of a job's training data, for recipes that whiten.
//
//   views of training samples ─> mean m, covariance C ─> C = U diag(l) U^T
//   ─> W = U diag(1 / sqrt(l + epsilon)) U^T ─> augmenter: y = W (x - m)
//
// Every rank works it out by itself, from the same samples in the same order, so all have the same
// bits; a resumed run finds the same matrix again.
#ifndef TRAINER_STREAMS_WHITENING_H
#define TRAINER_STREAMS_WHITENING_H

#include "io/views/augment.h"
#include "trainer/job/job.h"

#define WHITENING_SAMPLES 20000 // at most, spread evenly over the training data
#define WHITENING_MAX_DIM 4096  // numbers of a view

// augmenter_create for a view of the job's data, of training or of evaluation, ready to use.
// Errors: of augmenter_create; if the recipe whitens, also of dataset_open and dataset_read on
// data.train, ST_CONFIG views too large, ST_INTERNAL.
status views_create(augmenter **created, const char *recipe_name, const job *j,
                    const dataset_info *info);

// W from C (dim, dim), which is overwritten. matrix: (dim, dim).
// Errors: ST_INTERNAL no memory, or no eigenvectors.
status whitening_matrix(double *covariance, int dim, double epsilon, float *matrix);

#endif
