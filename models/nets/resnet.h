// models/nets/resnet.h -- what the residual nets share: one builder for all depths.
#ifndef MODELS_NETS_RESNET_H
#define MODELS_NETS_RESNET_H

#include "models/nets/net.h"

typedef struct resnet_config {
    int64_t width; // channels of the first stage, 64 in the paper
    char stem[CONFIG_TEXT_SIZE];
    char init[CONFIG_TEXT_SIZE];
    char norm[CONFIG_TEXT_SIZE];
} resnet_config;

extern const config_field resnet_fields[];

// Returns the map. blocks: number of blocks in each of the four stages. bottleneck: 1x1, 3x3, 1x1
// blocks that end in four times as many channels, stride in the 3x3 (torchvision's "v1.5").
int resnet_build(graph *g, const resnet_config *c, int images, const int blocks[4],
                 bool bottleneck);

#endif
