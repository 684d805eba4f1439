// models/net.c -- the registry of nets, and the projection heads.
#include "models/net.h"

#include <string.h>

#define NET(name) extern const net_type net_##name;
#include "models/nets.def"
#undef NET

#define NET(name) &net_##name,
const net_type *const net_table[] = {
#include "models/nets.def"
    NULL};
#undef NET

const net_type *net_find(const char *name)
{
    for (int i = 0; net_table[i] != NULL; i++)
        if (strcmp(net_table[i]->name, name) == 0) return net_table[i];
    return NULL;
}

int head_build(graph *g, const char *kind, int dim, int features)
{
    if (strcmp(kind, "linear") == 0)
        return graph_chain(g, "linear", "fc", features, "{features: %d}", dim);
    bool norm = strcmp(kind, "mlp_bn") == 0;
    ASSERT(norm || strcmp(kind, "mlp") == 0);
    int hidden = graph_shape(g, features).c;
    int x = graph_chain(g, "linear", "fc.0", features, "{features: %d}", hidden);
    x = norm ? graph_chain(g, "batch_norm", "fc.1", x, "{activation: relu}")
             : graph_chain(g, "relu", "fc.1", x, "{}");
    x = graph_chain(g, "linear", "fc.2", x, "{features: %d}", dim);
    return norm ? graph_chain(g, "batch_norm", "fc.3", x, "{}") : x;
}
