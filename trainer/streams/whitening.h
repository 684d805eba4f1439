// trainer/streams/whitening.h -- the whitening matrix of a job's training data, for recipes that
// whiten.
//
//   views of training samples ─> mean m, covariance C ─> C = U diag(l) U^T
//   ─> W = U diag(1 / sqrt(l + epsilon)) U^T ─> augmenter: y = W (x - m)
//
// Every rank works it out by itself, from the same samples in the same order, so all have the same
// bits. It goes into the checkpoint (trainer/streams/view_statistics.h); a resumed run reads it
// there.
#ifndef TRAINER_STREAMS_WHITENING_H
#define TRAINER_STREAMS_WHITENING_H

#include "io/views/augment.h"
#include "trainer/job/job.h"

#define WHITENING_SAMPLES 20000 // at most, spread evenly over the training data
#define WHITENING_MAX_DIM 4096  // numbers of a view

// Can views of so many numbers be whitened? Errors: ST_CONFIG.
status whitening_check(const job *j, size_t dim);

// Of the job's training data, opened as `data`, seen through its recipe's augmenter, which has no
// whitening yet. Into mean (dim) and matrix (dim, dim), for views of dim <= WHITENING_MAX_DIM
// numbers. Errors: of dataset_read; ST_INTERNAL no memory, or no eigenvectors.
status whitening_learn(const job *j, dataset *data, augmenter *a, float *mean, float *matrix);

// W from C (dim, dim), which is overwritten. matrix: (dim, dim).
// Errors: ST_INTERNAL no memory, or no eigenvectors.
status whitening_matrix(double *covariance, int dim, double epsilon, float *matrix);

#endif
