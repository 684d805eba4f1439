// io/loader.h -- one I/O thread a rank reads, augments and hands over batches, ahead of need.
//
//   dataset ─ read ─> I/O thread ─ augment ─> [batch s+1] [batch s] ─ loader_next ─> training loop
//
// The loader never calls MPI. A failed read does not stop the stream: the batch carries the status
// and message and repeats good samples, so that the loop can raise its error lane and all ranks
// stop at the same step. Two batches exist: one being filled, one in use.
#ifndef IO_LOADER_H
#define IO_LOADER_H

#include "base/status.h"
#include "io/augment.h"
#include "io/dataset.h"
#include "io/order.h"

#define LOADER_MAX_VIEWS 4

typedef struct loader_plan {
    order order;
    int first_worker, worker_count;  // this rank's logical workers
    int worker_batch;                // b: samples of one logical worker
    int view_count;                  // views of each sample, 1 .. LOADER_MAX_VIEWS
    bool shuffled[LOADER_MAX_VIEWS]; // deal this view's rows by order_shuffled
    uint64_t first_step, step_count; // steps to deliver
} loader_plan;

typedef struct batch {
    uint64_t step;
    // Row r of view v is sample ids[v][r]; rows are this rank's workers in turn, b rows each.
    const float *views[LOADER_MAX_VIEWS];  // (worker_count * b, C, H, W)
    const uint64_t *ids[LOADER_MAX_VIEWS]; // (worker_count * b)
    status status;                         // not ST_OK: something in this batch could not be read
    const char *message;                   // then: why
} batch;

typedef struct loader loader;

// Starts the thread. The data set and the augmenter stay the caller's, but are the loader's to use
// until loader_destroy. Errors: ST_INTERNAL.
status loader_create(loader **l, dataset *d, augmenter *a, const loader_plan *plan);

// The next batch, valid until the next call; NULL after step_count batches. *wait_seconds grows by
// the time spent waiting for the thread.
const batch *loader_next(loader *l, double *wait_seconds);

void loader_destroy(loader *l);

#endif
