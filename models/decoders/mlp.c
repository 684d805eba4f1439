// models/decoders/mlp.c -- fully connected layers with a nonlinearity between, then an image.
#include "models/decoders/decoder.h"

#include "models/nets/net.h"

#include <stdio.h>

typedef struct mlp_config {
    int64_t hidden, layers;
    char activation[CONFIG_TEXT_SIZE];
} mlp_config;

static const config_field fields[] = {
    {"hidden", FIELD_INT, offsetof(mlp_config, hidden), "400", 1, 65536, NULL,
     "units of each hidden layer"},
    {"layers", FIELD_INT, offsetof(mlp_config, layers), "1", 0, 16, NULL, "hidden layers"},
    {"activation", FIELD_TEXT, offsetof(mlp_config, activation), "relu", 0, 0, ACTIVATION_KINDS,
     "behind each hidden layer"},
    {0}};

static int build(graph *g, const void *settings, int codes, shape image)
{
    const mlp_config *c = settings;
    char name[32];
    shape given = graph_shape(g, codes);
    int x = codes;
    if (given.h * given.w > 1) x = graph_chain(g, "reorder", "decoder.flat", x, "{block: 1}");
    for (int i = 0; i < (int)c->layers; i++) {
        snprintf(name, sizeof name, "decoder.fc%d", i + 1);
        x = graph_chain(g, "linear", name, x, "{features: %d}", (int)c->hidden);
        snprintf(name, sizeof name, "decoder.act%d", i + 1);
        x = net_activation(g, name, c->activation, x);
    }
    x = graph_chain(g, "linear", "decoder.fc", x, "{features: %d}", image.c * image.h * image.w);
    return graph_chain(g, "reshape", "decoder.image", x, "{channels: %d, height: %d, width: %d}",
                       image.c, image.h, image.w);
}

const decoder_type decoder_mlp = {
    .name = "mlp",
    .help = "fully connected layers",
    .fields = fields,
    .config_size = sizeof(mlp_config),
    .example = "{hidden: 8}",
    .multiple = 1,
    .build = build,
};
