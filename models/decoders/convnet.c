// models/decoders/convnet.c -- the mirror of the net convnet: a small image with many channels,
// doubled three times by transposed convolutions with normalisation and ReLU between.
//   codes ─ fc ─> (8 width, h/8, w/8) ─> (4 width, h/4, w/4) ─> (2 width, h/2, w/2) ─> (c, h, w)
// A map (d, h/8, w/8) takes the place of the first of these.
#include "models/decoders/decoder.h"

#include "models/nets/net.h"

#include <stdio.h>

typedef struct convnet_config {
    int64_t width;
    char norm[CONFIG_TEXT_SIZE];
} convnet_config;

static const config_field fields[] = {
    {"width", FIELD_INT, offsetof(convnet_config, width), "32", 1, 1024, NULL,
     "channels next to the image are twice as many"},
    {"norm", FIELD_TEXT, offsetof(convnet_config, norm), "batch", 0, 0, NORM_KINDS, NORM_HELP},
    {0}};

enum { DOUBLINGS = 3, SCALE = 1 << DOUBLINGS };

// The small image that codes of one vector become.
static int spread(graph *g, const convnet_config *c, int codes, shape image)
{
    int channels = (int)c->width << DOUBLINGS, h = image.h / SCALE, w = image.w / SCALE;
    int x = graph_chain(g, "linear", "decoder.fc", codes, "{features: %d}", channels * h * w);
    return graph_chain(g, "reshape", "decoder.map", x, "{channels: %d, height: %d, width: %d}",
                       channels, h, w);
}

static int build(graph *g, const void *settings, int codes, shape image)
{
    const convnet_config *c = settings;
    shape given = graph_shape(g, codes);
    int x = given.h * given.w > 1 ? codes : spread(g, c, codes, image);
    char name[32];
    for (int i = 1; i <= DOUBLINGS; i++) {
        bool last = i == DOUBLINGS;
        snprintf(name, sizeof name, "decoder.bn%d", i);
        x = graph_chain(g, norm_operation(c->norm), name, x, "{activation: relu}");
        snprintf(name, sizeof name, "decoder.conv%d", i);
        x = graph_chain(g, "conv_transpose2d", name, x,
                        "{channels: %d, kernel: 4, stride: 2, pad: 1}",
                        last ? image.c : (int)c->width << (DOUBLINGS - i));
    }
    return graph_chain(g, "reorder", "decoder.image", x, "{block: 1}");
}

const decoder_type decoder_convnet = {
    .name = "convnet",
    .help = "three doublings by transposed convolutions, for images of a multiple of 8 pixels",
    .fields = fields,
    .config_size = sizeof(convnet_config),
    .example = "{width: 4}",
    .multiple = SCALE,
    .build = build,
};
