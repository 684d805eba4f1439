// trainer/sparse/code_numbers.c -- see code_numbers.h.
#include "trainer/sparse/code_numbers.h"

#include <math.h>

static double encoder_share(sparse_model *m, const float *image, int n)
{
    double energy = m->results[n].energy;
    if (m->prediction < 0) return (double)NAN;
    return energy > 0 ? sparse_model_prediction_energy(m, image, n) / energy : 1;
}

code_numbers code_numbers_of(sparse_model *m, const float *images, int n)
{
    const inference_result *r = &m->results[n];
    const float *image = images + (size_t)n * code_layout_pixels(&m->layout);
    double zero = code_inference_energy_of_zero(m->inference, image);
    return (code_numbers){{
        [CODE_ENERGY] = r->energy,
        [CODE_ERROR] = zero > 0 ? r->reconstruction / zero : 0,
        [CODE_NONZERO] = (double)r->nonzeros / (double)code_layout_codes(&m->layout),
        [CODE_GAP] = r->gap,
        [CODE_ITERATIONS] = r->iterations,
        [CODE_ENCODER] = encoder_share(m, image, n),
    }};
}

void code_numbers_add(sparse_model *m, const float *images, uint64_t all, float *means)
{
    double sums[CODE_NUMBERS] = {0};
    for (int n = 0; n < m->setup.view.n; n++) {
        code_numbers numbers = code_numbers_of(m, images, n);
        for (int i = 0; i < CODE_NUMBERS; i++)
            sums[i] += isnan(numbers.of[i]) ? 0 : numbers.of[i];
    }
    for (int i = 0; i < CODE_NUMBERS; i++)
        means[i] += (float)(sums[i] / (double)all);
}
