// models/codes/encoders/tanh.c -- f = g tanh(W' y + b), filters, a squashing and a gain for each.
//   source: Kavukcuoglu, Ranzato & LeCun 2008 (arXiv 1010.3467) eq. 5
#include "models/codes/code_encoder.h"

static const config_field fields[] = {{0}};

static int build(graph *g, const void *settings, const code_space *s, int images)
{
    (void)settings;
    return graph_chain(g, "tanh_gain", "encoder.code", code_encoder_match(g, "filters", s, images),
                       "{}");
}

const code_encoder_type encoder_tanh = {
    .name = "tanh",
    .help = "filters, tanh and a gain",
    .fields = fields,
    .build = build,
};
