// models/codes/penalties/l1.c -- R(z) = sum |z|
//   prox: z = sign(u) max(|u| - weight, 0), soft thresholding; z >= 0: max(u - weight, 0)
//   source: Daubechies, Defrise, De Mol 2004, eq. 2.4
#include "models/kernels/lanes.h"
#include "models/codes/penalty.h"

#include <math.h>

static double value(const void *settings, const dictionary_geometry *g, const float *code)
{
    (void)settings;
    double parts[LANES] = {0}, sum = 0; // side by side, so that vectors serve
    size_t count = dictionary_code_floats(g);
    for (size_t i = 0; i < count; i += LANES)
        for (size_t v = 0; v < LANES; v++)
            parts[v] += fabs((double)code[i + v]);
    for (size_t v = 0; v < LANES; v++)
        sum += parts[v];
    return sum;
}

static void prox(const void *settings, const dictionary_geometry *g, double weight,
                 bool non_negative, float *code)
{
    (void)settings;
    size_t count = dictionary_code_floats(g);
    float threshold = (float)weight;
    for (size_t i = 0; i < count; i++) {
        // one of the two differences is positive at most, and 0 else: no branch for vectors
        float above = code[i] > threshold ? code[i] - threshold : 0.0f;
        float below = code[i] < -threshold ? code[i] + threshold : 0.0f;
        code[i] = non_negative ? above : above + below;
    }
}

const penalty_type penalty_l1 = {
    .name = "l1",
    .help = "sum of magnitudes",
    .is_l1 = true,
    .value = value,
    .prox = prox,
};
