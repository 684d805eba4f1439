// models/nets/head.h -- what stands between a net's features and its embedding while it is trained.
#ifndef MODELS_NETS_HEAD_H
#define MODELS_NETS_HEAD_H

#include "models/graph/graph.h"

#define HEAD_KINDS "linear|mlp|mlp_bn|mlp_sync_bn|expander|expander_sync"

typedef struct head {
    const char *kind; // one of HEAD_KINDS
    int dim;          // of the embedding
    int layers;       // fully connected, of mlp and mlp_bn
    int hidden;       // units between them; 0 = as many as features
} head;

// Adds a projection head and returns its output (n, dim, 1, 1), not normalised.
//   linear  fc (MoCo v1)
//   mlp     fc.0, ReLU, fc.2 ... (MoCo v2, two layers: He et al. 2020, arXiv 2003.04297)
//   mlp_bn  head_normed_mlp (SimSiam: three layers; MoCo v3: two for a ResNet)
//   mlp_sync_bn  the same, with statistics of the batches of all workers
//   expander  fc, batch norm, ReLU ..., at its end fc alone (VICReg: Bardes et al. 2022,
//             2105.04906)
//   expander_sync  the same, with statistics of the batches of all workers
int head_build(graph *g, const head *h, int features);

// `layers` times fc without bias, batch norm, ReLU; the last without the ReLU, and its batch norm
// without scale and shift. Names: prefix.0 the first fc, .1 its batch norm, .3 the second fc ...
//   source: Chen, Xie, He 2021 (arXiv 2104.02057) sec. 4.1; Chen & He 2020 (2011.10566) sec. 3
int head_normed_mlp(graph *g, const char *prefix, const head *h, int input);

// The batch norm that goes with a head: "sync_batch_norm" for those of all workers, else
// "batch_norm".
const char *head_norm(const head *h);

#endif
