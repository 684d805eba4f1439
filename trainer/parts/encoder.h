// trainer/parts/encoder.h -- the net and head a job asks for, added to a graph.
#ifndef TRAINER_PARTS_ENCODER_H
#define TRAINER_PARTS_ENCODER_H

#include "models/nets/head.h"
#include "models/nets/net.h"

typedef struct encoder {
    const net_type *net;
    const void *net_config; // not owned
    head head;
    arithmetic arithmetic; // of all
} encoder;

// images (n, c, h, w) -> the net's map (n, f, h', w') in the layout that it has, before pooling; of
// a net without places (mlp) its features. Of a map that is wanted beside the features:
// net_features(g, e->net, map).
int encoder_map(graph *g, const encoder *e, int images);

// images (n, c, h, w) -> features of the net (n, f, 1, 1). Its parameters are the first of a graph,
// so graphs with and without a head share the start of the flat array.
int encoder_features(graph *g, const encoder *e, int images);

// The same, then the head (n, dim, 1, 1).
int encoder_projection(graph *g, const encoder *e, int images);

// The same, then normalisation: unit vectors (n, dim, 1, 1).
int encoder_embedding(graph *g, const encoder *e, int images);

// Adds a predictor of another view's embedding behind a projection: two layers of a head_normed_mlp
// with `hidden` units between; or, without the batch norm at its end, the last fc has a bias. Batch
// norm is the head's. Unit vectors of the projection's dimension.
int encoder_prediction(graph *g, const encoder *e, int projection, int hidden, bool normed_end);

#endif
