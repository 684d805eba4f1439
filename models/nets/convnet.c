// models/nets/convnet.c -- four 3x3 convolutions with normalisation and ReLU, each of the last
// three halving the image and doubling the channels.
#include "models/nets/net.h"

#include <stdio.h>

typedef struct convnet_config {
    int64_t width; // channels of the first convolution
    char norm[CONFIG_TEXT_SIZE];
} convnet_config;

static const config_field fields[] = {
    {"width", FIELD_INT, offsetof(convnet_config, width), "32", 1, 1024, NULL,
     "channels of the first convolution"},
    {"norm", FIELD_TEXT, offsetof(convnet_config, norm), "batch", 0, 0, NORM_KINDS, NORM_HELP},
    {0}};

static int build(graph *g, const void *settings, int images)
{
    const convnet_config *c = settings;
    int x = images;
    for (int i = 0; i < 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "conv%d", i + 1);
        x = graph_chain(g, "conv2d", name, x, "{channels: %d, kernel: 3, stride: %d, pad: 1}",
                        (int)c->width << i, i == 0 ? 1 : 2);
        snprintf(name, sizeof name, "bn%d", i + 1);
        x = graph_chain(g, norm_operation(c->norm), name, x, "{activation: relu}");
    }
    return x;
}

const net_type net_convnet = {
    .name = "convnet",
    .help = "four convolutions, for small images and quick trials",
    .fields = fields,
    .config_size = sizeof(convnet_config),
    .example = "{width: 8}",
    .pools = true,
    .build = build,
};
