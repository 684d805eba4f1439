// trainer/parts/key_encoder.h -- the slow copy of an encoder that makes the keys of the whole batch.
//   theta_k <- m theta_k + (1 - m) theta_q;  no gradient flows through it
//   source: He et al. 2019 (arXiv 1911.05722) eq. 2
//
// Every rank computes the keys of its own workers; only keys travel, (batch, dim) floats.
#ifndef TRAINER_PARTS_KEY_ENCODER_H
#define TRAINER_PARTS_KEY_ENCODER_H

#include "trainer/method.h"

typedef struct key_encoder {
    const method_setup *setup; // not owned
    graph *graph;
    weights weights;
    int images, embedding; // tensors of graph
    arena memory;
    float *rows; // (batch, dim) keys in shuffled order
} key_encoder;

// An encoder of its own with the weights of `query`, whose parameters begin with an encoder's.
// `setup` must outlive it. Destroy it also after an error. Errors: ST_INTERNAL no memory.
status key_encoder_create(key_encoder *k, const method_setup *setup, const weights *query);

void key_encoder_destroy(key_encoder *k);

// Moves the weights towards those of `query` and makes them ready for use. m follows a cosine from
// `first` to `last` over the run.
void key_encoder_follow(key_encoder *k, const method_step *step, const weights *query, double first,
                        double last);

// Collective. keys (batch, dim): unit vectors of all workers' images in `slot` of the batch, in the
// order of batch positions. shuffled: the slot's rows are dealt among the workers.
void key_encoder_keys(key_encoder *k, const method_step *step, int slot, bool shuffled,
                      float *keys);

// Checkpoint arrays "key/..."; see weights_describe_params.
size_t key_encoder_describe(const key_encoder *k, checkpoint_array *arrays);

// Of `keys` (batch, dim), those of own worker `own`: (b, dim).
const float *key_encoder_own(const key_encoder *k, const float *keys, int own);

#endif
