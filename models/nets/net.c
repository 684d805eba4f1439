// models/nets/net.c -- the registry of nets.
#include "models/nets/net.h"

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

int net_features(graph *g, const net_type *net, int map)
{
    return net->pools ? graph_chain(g, "global_pool", "avgpool", map, "{}") : map;
}

const char *norm_operation(const char *kind)
{
    if (strcmp(kind, "sync") == 0) return "sync_batch_norm";
    return strcmp(kind, "group") == 0 ? "group_norm" : "batch_norm";
}

int net_activation(graph *g, const char *name, const char *kind, int input)
{
    if (strcmp(kind, "relu") == 0) return graph_chain(g, "relu", name, input, "{}");
    return graph_chain(g, "pointwise", name, input, "{function: %s}", kind);
}
