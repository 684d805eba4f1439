// trainer/parts/encoder.c -- net, head, unit length.
#include "trainer/parts/encoder.h"

int encoder_map(graph *g, const encoder *e, int images)
{
    graph_set_arithmetic(g, e->arithmetic);
    return e->net->build(g, e->net_config, images);
}

int encoder_features(graph *g, const encoder *e, int images)
{
    return net_features(g, e->net, encoder_map(g, e, images));
}

int encoder_projection(graph *g, const encoder *e, int images)
{
    return head_build(g, &e->head, encoder_features(g, e, images));
}

int encoder_embedding(graph *g, const encoder *e, int images)
{
    return graph_chain(g, "l2_normalise", "normalise", encoder_projection(g, e, images), "{}");
}

int encoder_prediction(graph *g, const encoder *e, int projection, int hidden, bool normed_end)
{
    int x = projection;
    if (normed_end) {
        head two = {.kind = e->head.kind, .dim = e->head.dim, .layers = 2, .hidden = hidden};
        x = head_normed_mlp(g, "predictor", &two, x);
    } else {
        x = graph_chain(g, "linear", "predictor.0", x, "{features: %d, bias: false}", hidden);
        x = graph_chain(g, head_norm(&e->head), "predictor.1", x, "{activation: relu}");
        x = graph_chain(g, "linear", "predictor.3", x, "{features: %d}", e->head.dim);
    }
    return graph_chain(g, "l2_normalise", "predictor.normalise", x, "{}");
}
