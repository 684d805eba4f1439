// io/views/loader.h -- one I/O thread a rank reads, augments and hands over batches, ahead of need.
//
//   dataset ─ read ─> I/O thread ─ augment ─> [batch s+1] [batch s] ─ loader_next ─> training loop
//
// A stored image can be several samples (`patches`): sample s is of image s / patches, and what it
// shows of it is in the draws of its views, keyed by s. A batch reads each of its images once, in
// stored order.
//
// The loader never calls MPI. A failed read does not stop the stream: the batch carries the status
// and message and repeats good samples, so that the loop can raise its error lane and all ranks
// stop at the same step. Two batches exist: one being filled, one in use.
#ifndef IO_VIEWS_LOADER_H
#define IO_VIEWS_LOADER_H

#include "base/status.h"
#include "io/views/augment.h"
#include "io/shards/dataset.h"
#include "io/views/order.h"

#define LOADER_MAX_VIEWS 4

typedef enum loader_mode {
    LOADER_SHUFFLED,  // training: positions are samples by order_sample, augmented by their epoch
    LOADER_SEQUENTIAL // evaluation: by order_sequential, augmented as in epoch 0
} loader_mode;

// One view of each sample in a batch: which of the sample's random draws it shows, and whether its
// rows are dealt among the workers by order_shuffled.
typedef struct view_slot {
    int draw;
    bool shuffled;
} view_slot;

// To embed a data set in chunks of E samples, each rank every P-th of them: LOADER_SEQUENTIAL,
// order.batch = E, first_worker = 0, worker_count = 1, worker_batch = E, first_step = rank,
// step_stride = P. The last chunk repeats the last sample; ids tell.
typedef struct loader_plan {
    loader_mode mode;
    order order; // its batch: positions of one step over all workers; its count: loader_samples
    uint64_t patches;               // samples of each stored image; 0: each is one sample
    int first_worker, worker_count; // this rank's logical workers
    int worker_batch;               // b: samples of one logical worker
    int view_count;                 // views of each sample, 1 .. LOADER_MAX_VIEWS
    view_slot views[LOADER_MAX_VIEWS];
    // Steps to deliver: first_step, first_step + step_stride, ... (1 in training), step_count.
    uint64_t first_step, step_stride, step_count;
} loader_plan;

// Samples of a data set of `images` images.
uint64_t loader_samples(uint64_t images, uint64_t patches);

typedef struct batch {
    uint64_t step;
    // Row r of view v is sample ids[v][r]; rows are this rank's workers in turn, b rows each.
    const float *views[LOADER_MAX_VIEWS];  // (worker_count * b, C, H, W)
    const uint64_t *ids[LOADER_MAX_VIEWS]; // (worker_count * b)
    // Not ST_OK: something in this batch could not be read. Its rows are then of the last image
    // that could (ids tell), or zero pixels while there was none.
    status status;
    const char *message; // then: why, of the first failure in this batch
} batch;

typedef struct loader loader;

// Starts the thread. The data set and the augmenter stay the caller's, but are the loader's to use
// until loader_destroy. All memory is taken here. Errors: ST_INTERNAL.
status loader_create(loader **out, dataset *d, augmenter *a, const loader_plan *plan);

// The next batch, valid until the next call; NULL after step_count batches. *wait_seconds grows by
// the time spent waiting for the thread.
const batch *loader_next(loader *l, double *wait_seconds);

// Stops the thread, also in the middle of the stream. l may be NULL.
void loader_destroy(loader *l);

#endif
