// trainer/evaluation/probe_set.h -- the features of one data set, spread over the ranks, and sums
// over them in one order.
//
// Rows are dealt in chunks: chunk c (EMBEDDING_ROWS samples in stored order) is with rank c mod P.
// Sums go over whole chunks in their order, so any number of ranks gives the same bits.
#ifndef TRAINER_EVALUATION_PROBE_SET_H
#define TRAINER_EVALUATION_PROBE_SET_H

#include "comm/world.h"
#include "trainer/streams/embedding.h"

#define PROBE_MAX_BYTES (2ull << 30) // of a rank's rows of one set

typedef struct probe_set {
    uint64_t count;        // samples on all ranks
    int dim;               // of a row
    int chunk_count;       // of this rank
    float *rows;           // (chunk_count * EMBEDDING_ROWS, dim) this rank's chunks in order, owned
    const int64_t *labels; // (count) of all samples, not owned; -1 is left out
} probe_set;

// Takes room for this rank's rows of `count` samples, zeroed; `labels` (count) must outlive the
// set. Errors: ST_CONFIG more than PROBE_MAX_BYTES a rank (says how many ranks would do),
// ST_INTERNAL.
status probe_set_create(probe_set *s, const world *w, uint64_t count, int dim,
                        const int64_t *labels);

void probe_set_destroy(probe_set *s);

// The rows of this rank's chunk `own` (EMBEDDING_ROWS, dim). *first is the sample of its first row;
// *count, unless NULL, how many rows are samples.
float *probe_set_chunk(const probe_set *s, const world *w, int own, uint64_t *first, int *count);

// How the sums over chunks are made: sum() writes `count` numbers of this rank's chunk `own`.
typedef struct chunk_sum {
    void (*sum)(void *state, int own, double *numbers);
    void *state;
    size_t count;
    double *numbers; // (count) room
    double *round;   // (P, count) room
} chunk_sum;

// Collective. total (count) <- the sum over all chunks, in their order; the same bits on all ranks.
void probe_set_sum(const probe_set *s, const world *w, const chunk_sum *how, double *total);

// Collective. Each dimension of both sets to the mean 0 and deviation 1 that train has; one that is
// constant but for rounding keeps its scale.
// Errors: ST_DIVERGED features that are not finite, on all ranks; ST_INTERNAL no memory. Agreed on,
// message already printed.
status probe_set_standardise(const world *w, probe_set *train, probe_set *test);

#endif
