// trainer/parts/momentum_contrast.h -- queries, keys of a slow encoder, and perhaps a queue of
// older keys: what the methods of momentum contrast remember, and most of what they do.
//
//   momentum_contrast_create ─> the method adds nodes to `query`, with the inputs below ─>
//   momentum_contrast_complete
//
// A method whose state this is takes the functions below `hooks` as they are.
#ifndef TRAINER_PARTS_MOMENTUM_CONTRAST_H
#define TRAINER_PARTS_MOMENTUM_CONTRAST_H

#include "trainer/parts/key_encoder.h"
#include "trainer/parts/key_queue.h"

typedef struct momentum_contrast {
    model query;
    key_encoder key;
    key_queue queue;                    // no rows: there is none
    float *negatives[LOADER_MAX_VIEWS]; // the queue's keys, in each pass
} momentum_contrast;

// Opens a model for queries; `queue` rows, 0 = none. Errors: ST_INTERNAL no memory.
status momentum_contrast_create(momentum_contrast *m, const method_setup *s, uint64_t queue);

// Inputs of the query; each returns its tensor.
// The keys of a worker's own queries (b, dim).
int momentum_contrast_keys(momentum_contrast *m);
// The keys of all queries (batch, dim).
int momentum_contrast_batch_keys(momentum_contrast *m);
// The keys in the queue (K, dim).
int momentum_contrast_queue(momentum_contrast *m);
// (b, K): -infinity where a key in the queue is of the query's own image, else 0.
int momentum_contrast_mask(momentum_contrast *m);

// Adds `weight` times the mean of `energy` to the loss, plans the queries, and makes the slow
// encoder. Errors: those of building the graph; ST_INTERNAL no memory.
status momentum_contrast_complete(momentum_contrast *m, int energy, double weight,
                                  const key_plan *keys);

// hooks of method_type (trainer/method.h)
void momentum_contrast_begin(void *state, const method_step *s);
// The batch's keys replace the oldest in the queue.
void momentum_contrast_finish(void *state, const method_step *s);
size_t momentum_contrast_describe(void *state, checkpoint_array *arrays);
status momentum_contrast_validate(const void *state);
void momentum_contrast_tell_idle(const void *state, const view_variety *views);
void momentum_contrast_destroy(void *state);

#endif
