// trainer/parts/key_encoder.h -- the slow copy of an encoder that makes the keys of the whole
// batch.
//   theta_k <- m theta_k + (1 - m) theta_q;  no gradient flows through it
//   source: He et al. 2019 (arXiv 1911.05722) eq. 2
//
// Every rank computes the keys of its own workers; only keys travel, (batch, dim) floats.
#ifndef TRAINER_PARTS_KEY_ENCODER_H
#define TRAINER_PARTS_KEY_ENCODER_H

#include "trainer/parts/model.h"

// The keys of one step.
typedef struct key_plan {
    int passes;                      // of the query: pass p looks for keys of the other draw
    int slot;                        // of the batch: the keys of draw d are those of slot + d
    bool shuffle;                    // these slots' rows are dealt among the workers
    double momentum, momentum_final; // m, a cosine from the first to the last step
} key_plan;

typedef struct key_encoder {
    key_plan plan;
    const model *query; // not owned
    model model;        // not learned: slot s of the batch is its pass s
    int embedding;      // its tensor
    arena memory;
    float *rows;                   // (B, dim) keys in shuffled order
    float *keys[LOADER_MAX_VIEWS]; // (B, dim) that pass p looks for, in the order of positions
} key_encoder;

// An encoder of its own with the weights of `query`, which has all parameters of an encoder by
// name; it works in the memory of its graph. `keys` may be an input of the query before. Destroy it
// also after an error. Errors: ST_INTERNAL no memory.
status key_encoder_create(key_encoder *k, const model *query, const key_plan *plan);

void key_encoder_destroy(key_encoder *k);

// Collective. Moves the weights towards those of the query, then makes the keys of all workers'
// images: unit vectors.
void key_encoder_begin(key_encoder *k, const method_step *step);

// Of draw d, (B, dim).
const float *key_encoder_of_draw(const key_encoder *k, int draw);

// Checkpoint arrays "key/..."; see weights_describe_params.
size_t key_encoder_describe(const key_encoder *k, checkpoint_array *arrays);

#endif
