// trainer/encoder.c -- net, head, unit length.
#include "trainer/encoder.h"

int encoder_features(graph *g, const encoder *e, int images)
{
    return e->net->build(g, e->net_config, images);
}

int encoder_embedding(graph *g, const encoder *e, int images)
{
    int features = encoder_features(g, e, images);
    int embedding = head_build(g, e->head, e->dim, features);
    return graph_chain(g, "l2_normalise", "normalise", embedding, "{}");
}
