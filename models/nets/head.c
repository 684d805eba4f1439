// models/nets/head.c -- projection heads.
#include "models/nets/head.h"

#include <string.h>

// Operation `index` of a sequence, named as in PyTorch's Sequential.
static const char *name_of(char name[GRAPH_NAME_SIZE], const char *prefix, int index)
{
    snprintf(name, GRAPH_NAME_SIZE, "%s.%d", prefix, index);
    return name;
}

static int units(const graph *g, const head *h, int layer, int features)
{
    if (layer == h->layers - 1) return h->dim;
    return h->hidden > 0 ? h->hidden : graph_shape(g, features).c;
}

static int plain_mlp(graph *g, const head *h, int features)
{
    char name[GRAPH_NAME_SIZE];
    int x = features;
    for (int layer = 0; layer < h->layers; layer++) {
        if (layer > 0) x = graph_chain(g, "relu", name_of(name, "fc", 2 * layer - 1), x, "{}");
        x = graph_chain(g, "linear", name_of(name, "fc", 2 * layer), x, "{features: %d}",
                        units(g, h, layer, features));
    }
    return x;
}

const char *head_norm(const head *h)
{
    return strstr(h->kind, "sync") != NULL ? "sync_batch_norm" : "batch_norm";
}

int head_normed_mlp(graph *g, const char *prefix, const head *h, int input)
{
    char name[GRAPH_NAME_SIZE];
    int x = input;
    for (int layer = 0; layer < h->layers; layer++) {
        x = graph_chain(g, "linear", name_of(name, prefix, 3 * layer), x,
                        "{features: %d, bias: false}", units(g, h, layer, input));
        bool last = layer == h->layers - 1;
        x = graph_chain(g, head_norm(h), name_of(name, prefix, 3 * layer + 1), x, "%s",
                        last ? "{affine: false}" : "{activation: relu}");
    }
    return x;
}

static int expander(graph *g, const head *h, int features)
{
    char name[GRAPH_NAME_SIZE];
    int x = features;
    for (int layer = 0; layer < h->layers - 1; layer++) {
        x = graph_chain(g, "linear", name_of(name, "fc", 3 * layer), x, "{features: %d}",
                        units(g, h, layer, features));
        x = graph_chain(g, head_norm(h), name_of(name, "fc", 3 * layer + 1), x,
                        "{activation: relu}");
    }
    return graph_chain(g, "linear", name_of(name, "fc", 3 * (h->layers - 1)), x,
                       "{features: %d, bias: false}", h->dim);
}

int head_build(graph *g, const head *h, int features)
{
    if (strcmp(h->kind, "linear") == 0)
        return graph_chain(g, "linear", "fc", features, "{features: %d}", h->dim);
    if (strcmp(h->kind, "mlp") == 0) return plain_mlp(g, h, features);
    if (strncmp(h->kind, "expander", 8) == 0) return expander(g, h, features);
    ASSERT(strcmp(h->kind, "mlp_bn") == 0 || strcmp(h->kind, "mlp_sync_bn") == 0);
    return head_normed_mlp(g, "fc", h, features);
}
