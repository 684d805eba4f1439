// trainer/parts/key_queue.h -- the newest K keys of earlier steps: a query's negatives.
//
// Keys enter in the order of batch positions, so the queue is the same on any number of ranks. The
// number of keys that enter at once need not divide K.
#ifndef TRAINER_PARTS_KEY_QUEUE_H
#define TRAINER_PARTS_KEY_QUEUE_H

#include "base/arena.h"
#include "io/checkpoint/checkpoint.h"

typedef struct key_queue {
    uint64_t rows, dim;
    float *keys;      // (rows, dim) unit vectors
    uint64_t *ids;    // (rows) sample of each; KEY_QUEUE_NOISE = none yet
    uint64_t pointer; // next row to be replaced
    arena memory;
} key_queue;

#define KEY_QUEUE_NOISE UINT64_MAX

// Full of random directions: noise until keys replace it. Destroy it also after an error.
// Errors: ST_INTERNAL no memory.
status key_queue_create(key_queue *q, uint64_t rows, uint64_t dim, uint64_t seed);

void key_queue_destroy(key_queue *q);

// Replaces the oldest key by that of sample `id`.
void key_queue_add(key_queue *q, const float *key, uint64_t id);

// mask (count, rows): -infinity where a key in the queue is of the image of sample ids[i], else 0.
// The `patches` samples of image i are i * patches and behind.
void key_queue_mask(const key_queue *q, const uint64_t *ids, int count, uint64_t patches,
                    float *mask);

// Appends the queue's arrays for a checkpoint; returns how many. arrays == NULL: only counts.
size_t key_queue_describe(key_queue *q, checkpoint_array *arrays);

// Whether what a checkpoint has filled can be gone on with. Errors: ST_BAD_DATA.
status key_queue_validate(const key_queue *q);

#endif
