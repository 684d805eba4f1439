// models/nets/resnet.c -- residual nets with torchvision's architecture and names.
//   y = relu(x + f(x));  f = conv-bn-relu-conv-bn (basic) or 1x1-3x3-1x1 (bottleneck)
//   source: He, Zhang, Ren, Sun 2015 (arXiv 1512.03385); torchvision's resnet.py for names, strides
//   Differs: the sum and the last ReLU of a block are done inside its last batch norm, one pass.
#include "models/nets/resnet.h"

#include <stdio.h>
#include <string.h>

const config_field resnet_fields[] = {
    {"width", FIELD_INT, offsetof(resnet_config, width), "64", 1, 1024, NULL,
     "channels of the first stage"},
    {"stem", FIELD_TEXT, offsetof(resnet_config, stem), "imagenet", 0, 0, "imagenet|cifar",
     "imagenet: 7x7 stride 2 and max pool; cifar: 3x3 stride 1"},
    {"init", FIELD_TEXT, offsetof(resnet_config, init), "default", 0, 0, "default|fan_out",
     "convolution weights: PyTorch's default or torchvision's Kaiming normal"},
    {"norm", FIELD_TEXT, offsetof(resnet_config, norm), "batch", 0, 0, NORM_KINDS, NORM_HELP},
    {0}};

typedef struct block_place {
    const char *init;
    const char *norm;
    char prefix[32]; // "layer1.0"
    int channels;    // of the block's inner convolutions
    int stride;
} block_place;

static int convolution(graph *g, const block_place *b, const char *name, int x, int channels,
                       int kernel, int stride)
{
    char full[64];
    snprintf(full, sizeof full, "%s.%s", b->prefix, name);
    return graph_chain(g, "conv2d", full, x,
                       "{channels: %d, kernel: %d, stride: %d, pad: %d, init: %s}", channels,
                       kernel, stride, kernel / 2, b->init);
}

// With `residual` >= 0 that is added before the activation.
static int normalise(graph *g, const block_place *b, const char *name, int x, int residual,
                     const char *activation)
{
    char full[64];
    snprintf(full, sizeof full, "%s.%s", b->prefix, name);
    return graph_add(g, norm_operation(b->norm), full, (int[]){x, residual}, residual >= 0 ? 2 : 1,
                     "{activation: %s}", activation);
}

static int add_block(graph *g, const block_place *b, int x, bool bottleneck)
{
    int out_channels = bottleneck ? 4 * b->channels : b->channels;
    int shortcut = x;
    if (b->stride != 1 || graph_shape(g, x).c != out_channels) {
        shortcut = convolution(g, b, "downsample.0", x, out_channels, 1, b->stride);
        shortcut = normalise(g, b, "downsample.1", shortcut, -1, "none");
    }
    if (bottleneck) {
        int y = convolution(g, b, "conv1", x, b->channels, 1, 1);
        y = normalise(g, b, "bn1", y, -1, "relu");
        y = convolution(g, b, "conv2", y, b->channels, 3, b->stride);
        y = normalise(g, b, "bn2", y, -1, "relu");
        y = convolution(g, b, "conv3", y, out_channels, 1, 1);
        return normalise(g, b, "bn3", y, shortcut, "relu");
    }
    int y = convolution(g, b, "conv1", x, b->channels, 3, b->stride);
    y = normalise(g, b, "bn1", y, -1, "relu");
    y = convolution(g, b, "conv2", y, b->channels, 3, 1);
    return normalise(g, b, "bn2", y, shortcut, "relu");
}

static int add_stem(graph *g, const resnet_config *c, int images)
{
    bool cifar = strcmp(c->stem, "cifar") == 0;
    int kernel = cifar ? 3 : 7;
    int x = graph_chain(g, "conv2d", "conv1", images,
                        "{channels: %d, kernel: %d, stride: %d, pad: %d, init: %s}", (int)c->width,
                        kernel, cifar ? 1 : 2, kernel / 2, c->init);
    x = graph_chain(g, norm_operation(c->norm), "bn1", x, "{activation: relu}");
    if (!cifar) x = graph_chain(g, "max_pool", "maxpool", x, "{kernel: 3, stride: 2, pad: 1}");
    return x;
}

int resnet_build(graph *g, const resnet_config *c, int images, const int blocks[4], bool bottleneck)
{
    int x = add_stem(g, c, images);
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < blocks[stage]; i++) {
            block_place b = {.init = c->init, .norm = c->norm, .channels = (int)c->width << stage};
            b.stride = stage > 0 && i == 0 ? 2 : 1;
            snprintf(b.prefix, sizeof b.prefix, "layer%d.%d", stage + 1, i);
            x = add_block(g, &b, x, bottleneck);
        }
    }
    return x;
}
