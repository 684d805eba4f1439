// models/nets/net.h -- encoders: functions that add a net to a graph.
//
// A net is one file in models/nets/ with one exported const net_type, and one line in nets.def. It
// takes images (n, c, h, w) and gives a map of what it sees where (n, features, h', w'), of which
// the mean over all places is one feature vector a sample (n, features, 1, 1), before any head. A
// net without places gives the vector at once. Names of nodes are torchvision's where the net
// exists there.
#ifndef MODELS_NETS_NET_H
#define MODELS_NETS_NET_H

#include "models/graph/graph.h"

typedef struct net_type {
    const char *name;
    const char *help;
    const config_field *fields; // keys in the job's `model` section
    size_t config_size;
    const char *example; // a small one, for tests: "{width: 8}"
    bool pools;          // the map has places, whose mean the features are
    int (*build)(graph *g, const void *settings, int images); // returns the map; -1 on error
} net_type;

extern const net_type *const net_table[]; // NULL-ended

// The net called `name`, or NULL.
const net_type *net_find(const char *name);

// The features of a map of `net`, added to the graph.
int net_features(graph *g, const net_type *net, int map);

// What `model.norm` may be, and the operation it names.
//   "batch": by one worker's batch;  "group": of each sample in groups of channels;  "sync": by the
//   batches of all workers
#define NORM_KINDS "batch|group|sync"
#define NORM_HELP                                                                                  \
    "normalisation: by the batch of a worker, of each sample in groups of channels, or by the "    \
    "batches of all workers"
const char *norm_operation(const char *kind);

// What may stand behind a fully connected layer: relu, or one of models/ops/pointwise.c.
#define ACTIVATION_KINDS "relu|tanh|sigmoid|softplus|silu"
int net_activation(graph *g, const char *name, const char *kind, int input);

#endif
