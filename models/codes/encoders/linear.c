// models/codes/encoders/linear.c -- f = W' y, the linear encoder.
#include "models/codes/code_encoder.h"

static const config_field fields[] = {{0}};

static int build(graph *g, const void *settings, const code_space *s, int images)
{
    (void)settings;
    return code_encoder_match(g, "filters", s, images);
}

const code_encoder_type encoder_linear = {
    .name = "linear",
    .help = "linear filters",
    .fields = fields,
    .build = build,
    .start = code_encoder_start_match,
};
