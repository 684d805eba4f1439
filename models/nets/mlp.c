// models/nets/mlp.c -- fully connected layers over all pixels, each with a nonlinearity behind it.
#include "models/nets/net.h"

#include <stdio.h>

typedef struct mlp_config {
    int64_t hidden, layers;
    char activation[CONFIG_TEXT_SIZE];
} mlp_config;

static const config_field fields[] = {
    {"hidden", FIELD_INT, offsetof(mlp_config, hidden), "400", 1, 65536, NULL,
     "units of each layer"},
    {"layers", FIELD_INT, offsetof(mlp_config, layers), "1", 1, 16, NULL, "fully connected layers"},
    {"activation", FIELD_TEXT, offsetof(mlp_config, activation), "relu", 0, 0, ACTIVATION_KINDS,
     "behind each layer"},
    {0}};

static int build(graph *g, const void *settings, int images)
{
    const mlp_config *c = settings;
    char name[32];
    int x = images;
    for (int i = 0; i < (int)c->layers; i++) {
        snprintf(name, sizeof name, "layer%d", i + 1);
        x = graph_chain(g, "linear", name, x, "{features: %d}", (int)c->hidden);
        snprintf(name, sizeof name, "act%d", i + 1);
        x = net_activation(g, name, c->activation, x);
    }
    return x;
}

const net_type net_mlp = {
    .name = "mlp",
    .help = "fully connected layers over all pixels, for small images and points",
    .fields = fields,
    .config_size = sizeof(mlp_config),
    .example = "{hidden: 8}",
    .build = build,
};
