// models/codes/encoders/shrink.c -- f = sh(W' y), filters and a smooth shrinkage of learned width.
//   source: Kavukcuoglu et al. 2010 (NIPS, "Learning convolutional feature hierarchies") sec. 2.2
#include "models/codes/code_encoder.h"

static const config_field fields[] = {{0}};

static int build(graph *g, const void *settings, const code_space *s, int images)
{
    (void)settings;
    return graph_chain(g, "smooth_shrink", "encoder.code",
                       code_encoder_match(g, "filters", s, images), "{}");
}

const code_encoder_type encoder_shrink = {
    .name = "shrink",
    .help = "filters and a smooth shrinkage",
    .fields = fields,
    .build = build,
    .start = code_encoder_start_match,
};
