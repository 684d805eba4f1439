// trainer/encoder.h -- the net and head a job asks for, added to a graph.
#ifndef TRAINER_ENCODER_H
#define TRAINER_ENCODER_H

#include "models/net.h"

typedef struct encoder {
    const net_type *net;
    const void *net_config; // not owned
    const char *head;       // one of HEAD_KINDS
    int dim;                // of the embedding
} encoder;

// images (n, c, h, w) -> features of the net (n, f, 1, 1). Its parameters are the first of a graph,
// so graphs with and without a head share the start of the flat array.
int encoder_features(graph *g, const encoder *e, int images);

// The same, then the head (n, dim, 1, 1).
int encoder_projection(graph *g, const encoder *e, int images);

// The same, then normalisation: unit vectors (n, dim, 1, 1).
int encoder_embedding(graph *g, const encoder *e, int images);

// A predictor of another view's embedding: fc, batch norm, ReLU, fc with `hidden` units between;
// unit vectors of the projection's dimension.
int encoder_prediction(graph *g, const encoder *e, int projection, int hidden);

#endif
