// models/codes/penalties/l0.c -- R(z) = how many codes are not 0
//   prox: u where u^2 / 2 > weight, else 0, hard thresholding; not convex, so that a solver finds a
//   local minimum that depends on the start
//   source: Blumensath and Davies 2008, eq. 2.2
#include "models/codes/penalty.h"

static double value(const void *settings, const dictionary_geometry *g, const float *code)
{
    (void)settings;
    size_t nonzeros = 0;
    size_t count = dictionary_code_floats(g);
    for (size_t i = 0; i < count; i++)
        nonzeros += code[i] != 0;
    return (double)nonzeros;
}

static void prox(const void *settings, const dictionary_geometry *g, double weight,
                 bool non_negative, float *code)
{
    (void)settings;
    float limit = (float)(2 * weight);
    size_t count = dictionary_code_floats(g);
    for (size_t i = 0; i < count; i++) {
        bool keep = code[i] * code[i] > limit && (!non_negative || code[i] > 0);
        code[i] = keep ? code[i] : 0.0f;
    }
}

const penalty_type penalty_l0 = {
    .name = "l0",
    .help = "number of codes that are not 0",
    .value = value,
    .prox = prox,
};
