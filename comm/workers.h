// comm/workers.h -- logical workers: the unit of data parallelism, not the rank.
//
// V workers of b samples each make the global batch. Rank r of P owns workers rV/P .. (r+1)V/P - 1
// and runs them one after the other, always with the same shapes. Hence the same bits for any P.
#ifndef COMM_WORKERS_H
#define COMM_WORKERS_H

#include "comm/world.h"

typedef struct workers {
    int total; // V
    int first; // of this rank
    int count; // of this rank, V / P
    int batch; // b, samples of one worker
} workers;

// Errors: ST_CONFIG when the ranks do not divide the workers or the workers not the batch; the
// message says which numbers would do.
status workers_divide(workers *v, const world *w, int total, int global_batch);

#endif
