// models/codes/encoders/none.c -- no encoder: codes are found by a solver alone (sparse coding).
#include "models/codes/code_encoder.h"

static const config_field fields[] = {{0}};

const code_encoder_type encoder_none = {
    .name = "none",
    .help = "no encoder",
    .fields = fields,
};
