// models/codes/code_encoder.h -- nets that guess the code of an image in one pass, without a
// solver.
//
// An encoder is one file in models/codes/encoders/ with one exported const code_encoder_type, and
// one line in code_encoders.def. Its nodes are named "encoder.*".
#ifndef MODELS_CODES_CODE_ENCODER_H
#define MODELS_CODES_CODE_ENCODER_H

#include "models/graph/graph.h"

// The codes to guess: of K atoms over images, see models/codes/code_layout.h.
typedef struct code_space {
    int atoms, kernel;
    const char *border; // one of CODE_BORDERS; not owned
    bool non_negative;
} code_space;

// What an encoder may start from.
typedef struct code_start {
    const float *atoms; // (K, C, k, k) of length 1
    double bound;       // at least the largest eigenvalue of D'D
    double lambda;      // typical price of the L1 norm
} code_start;

typedef struct code_encoder_type {
    const char *name;
    const char *help;
    const config_field *fields; // keys in the job's `encoder` section
    size_t config_size;
    // images (n, C, H, W) -> codes (n, K, h, w); -1 on error. NULL: no encoder
    int (*build)(graph *g, const void *settings, const code_space *s, int images);
    // Overwrites first weights of graph `g` in `params` and, for its own tensors, the factors of
    // the learning rate that fit their size in `rates` (one a tensor, 1 before). NULL: random
    // weights will do, at rate 1.
    void (*start)(const void *settings, const graph *g, const code_start *from, float *params,
                  float *rates);
} code_encoder_type;

extern const code_encoder_type *const code_encoder_table[]; // NULL-ended

// The encoder called `name`, or NULL.
const code_encoder_type *code_encoder_find(const char *name);

// The linear part that all share, node "encoder.`name`": how well each filter matches each place.
int code_encoder_match(graph *g, const char *name, const code_space *s, int images);

// A `start` for encoders of one match, node "encoder.filters": D / L, as in a first step of ISTA.
// (Random filters of length 1 all answer everywhere; D of that says nothing of the image, but much
// more.)
void code_encoder_start_match(const void *settings, const graph *g, const code_start *from,
                              float *params, float *rates);

#endif
