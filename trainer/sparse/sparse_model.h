// trainer/sparse/sparse_model.h -- a dictionary, perhaps an encoder, and the inference of codes
// between them: what a sparse auto-encoder is, for one batch of images.
//
//   E(y, z) = 1/2 |y - D z|^2 + lambda R(z) + alpha |z - f(y)|^2
//   images ─> encoder ─> prediction f ─┐
//   images ─> solver (start, alpha) ───┴─> codes z ─> energy ─> gradients of D and the encoder at z
//
// source: Kavukcuoglu, Ranzato & LeCun 2008 (arXiv 1010.3467) eq. 6; convolutional: 2010 (NIPS) eq.
// 3
#ifndef TRAINER_SPARSE_SPARSE_MODEL_H
#define TRAINER_SPARSE_SPARSE_MODEL_H

#include "base/arena.h"
#include "models/codes/code_inference.h"
#include "trainer/sparse/inference_choice.h"
#include "trainer/parts/weights.h"

#define SPARSE_PREFIX "sparse" // of the learned weights in checkpoints

enum { START_ZERO, START_ENCODER, START_LAST };
enum { LEARNS_CODES, LEARNS_ENERGY };
enum { STEP_NEWTON, STEP_ONLINE };

// The job's `method` section.
typedef struct sparse_config {
    int64_t atoms, kernel, reseed_every, remember;
    char border[CONFIG_TEXT_SIZE];              // one of CODE_BORDERS
    char dictionary[CONFIG_TEXT_SIZE];          // a checkpoint to take the atoms from; "" = random
    int start, encoder_learns, dictionary_step; // of the enums above
    bool non_negative, learn_dictionary;
    double alpha, dictionary_rate, encoder_rate;
} sparse_config;

extern const config_field sparse_fields[]; // of sparse_config

// Says in the log which settings have no effect with the others. same_views: each epoch shows a
// sample alike.
void sparse_config_tell_idle(const sparse_config *c, const inference_choice *choice,
                             bool same_views);

typedef struct sparse_setup {
    const sparse_config *config;    // not owned
    const inference_choice *choice; // not owned
    shape view;                     // images of one batch (b, C, H, W)
    uint64_t seed;
    bool learns; // is there a backward pass?
} sparse_setup;

typedef struct sparse_model {
    sparse_setup setup;
    code_layout layout;
    graph *graph;
    weights weights;
    int images, codes, lambdas, prediction, energy; // tensors; prediction -1: no encoder
    size_t atoms_at, activity_at, power_at;         // of the dictionary, in the flat arrays
    size_t code_sums_at, image_sums_at; // A and B of models/codes/code_products.h, with step online
    code_inference *inference;
    arena memory;
    float *code_planes;        // (b, K, h, w)
    float *lambda_values;      // (b) absolute
    float *pull;               // (C, k, k) room for a step of an atom
    inference_result *results; // (b)
} sparse_model;

// Weights start at random, or from config->dictionary; LISTA from the dictionary. Destroy it also
// after an error. Errors: ST_CONFIG a choice that cannot be; ST_INTERNAL no memory; those of
// io/checkpoint/checkpoint.h.
status sparse_model_create(sparse_model *m, const sparse_setup *setup);

void sparse_model_destroy(sparse_model *m);

// (K, C, k, k), inside the weights.
const float *sparse_model_atoms(const sparse_model *m);

// Are the sums of models/codes/code_products.h among its statistics?
bool sparse_model_is_online(const sparse_model *m);

// After each change of the weights. Errors: as code_inference_set_atoms.
status sparse_model_follow(sparse_model *m);

// Where the inference of an image's code starts.
typedef enum code_starts {
    STARTS_AS_CONFIGURED, // method.start; with last: 0
    STARTS_GIVEN,         // at what code_planes hold
    STARTS_AT_LAST_FRAME // at the code of the image before it in the batch; the first as configured
} code_starts;

// Codes of a batch of images into code_planes, lambda_values, results. lambda: in the unit of the
// choice, relative for density. Errors: ST_BAD_DATA, see code_inference_solve.
status sparse_model_infer(sparse_model *m, const float *images, code_starts starts, double lambda);

// The energy 1/2 |y - D f|^2 + lambda R(f) of the encoder's own code of image n, which is `image`,
// after infer. With an encoder only.
double sparse_model_prediction_energy(sparse_model *m, const float *image, int n);

#endif
