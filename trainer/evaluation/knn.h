// trainer/evaluation/knn.h -- exact k nearest neighbours by cosine, streamed and distributed.
//
//   knn_create(queries) ─> knn_add_bank(chunk) ... on each rank its own chunks ─> knn_vote
//
// Queries stand on every rank; the bank passes by in chunks of a fixed number of rows, so memory
// does not grow with it. The neighbours kept are those of largest similarity, ties to the lower
// index, so neither the order of chunks nor the number of ranks changes the result.
//   source: Wu et al. 2018 (arXiv 1805.01978) sec. 3.4, weighted vote, as in MoCo's CIFAR notebook
#ifndef TRAINER_EVALUATION_KNN_H
#define TRAINER_EVALUATION_KNN_H

#include "comm/world.h"

#include <stdint.h>

#define KNN_ROWS 256 // of a block of queries and of a chunk of the bank

typedef struct knn knn;

// queries: (query_count, dim) unit vectors, the caller's, on every rank. Errors: ST_INTERNAL.
status knn_create(knn **n, const float *queries, uint64_t query_count, int dim, int k);

// A chunk of the bank: KNN_ROWS x dim floats, of which the first `rows` count, are samples
// first_index .. first_index + rows - 1 with these labels; label -1 is left out.
void knn_add_bank(knn *n, const float *bank, int rows, uint64_t first_index, const int64_t *labels);

// Collective. Each query's neighbours vote with exp(similarity / temperature); the class with most
// weight wins, ties to the lower class. *correct of *voted labelled queries (label >= 0) got
// theirs. Errors: ST_INTERNAL no memory, local: agree on it.
status knn_vote(knn *n, const world *w, const int64_t *labels, int classes, double temperature,
                uint64_t *correct, uint64_t *voted);

void knn_destroy(knn *n);

#endif
