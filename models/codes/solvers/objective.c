// models/codes/solvers/objective.c -- sums over images and codes in double, always in the same
// order.
#include "models/codes/solvers/objective.h"

#include "models/kernels/lanes.h"

#include <math.h>

size_t objective_pixels(const inference *p)
{
    const dictionary_geometry *g = &p->geometry;
    return (size_t)g->height * (size_t)g->width * (size_t)g->channels;
}

double objective_residual(const inference *p, float *image)
{
    size_t count = objective_pixels(p);
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        float left = p->image[i] - image[i];
        float weighted = p->mask == NULL ? left : p->mask[i] * left;
        sum += (double)weighted * (double)weighted;
        image[i] = p->mask == NULL ? left : p->mask[i] * weighted;
    }
    return sum / 2;
}

double objective_prediction(const inference *p, const float *code)
{
    if (!(p->alpha > 0)) return 0;
    double sum = 0;
    for (size_t i = 0; i < dictionary_code_floats(&p->geometry); i++) {
        double d = (double)code[i] - (double)p->prediction[i];
        sum += d * d;
    }
    return p->alpha * sum;
}

double objective_at_zero(const inference *p)
{
    double sum = 0;
    for (size_t i = 0; i < objective_pixels(p); i++) {
        double y = (double)p->image[i] * (p->mask == NULL ? 1.0 : (double)p->mask[i]);
        sum += y * y;
    }
    if (!(p->alpha > 0)) return sum / 2;
    double predicted = 0;
    for (size_t i = 0; i < dictionary_code_floats(&p->geometry); i++)
        predicted += (double)p->prediction[i] * (double)p->prediction[i];
    return sum / 2 + p->alpha * predicted;
}

void objective_add_pull(const inference *p, const float *code, float *gradient)
{
    if (!(p->alpha > 0)) return;
    float pull = (float)(2 * p->alpha);
    size_t count = dictionary_code_floats(&p->geometry);
    for (size_t i = 0; i < count; i++)
        gradient[i] += pull * (p->prediction[i] - code[i]);
}

double objective_largest(const inference *p, const float *gradient)
{
    size_t count = dictionary_code_floats(&p->geometry);
    float parts[LANES] = {0}, largest = 0; // side by side, so that vectors serve
    for (size_t i = 0; i < count; i += LANES)
        for (size_t v = 0; v < LANES; v++) {
            float size = p->non_negative ? gradient[i + v] : fabsf(gradient[i + v]);
            parts[v] = size > parts[v] ? size : parts[v];
        }
    for (size_t v = 0; v < LANES; v++)
        largest = parts[v] > largest ? parts[v] : largest;
    return (double)largest;
}

double objective_inner(const inference *p, const float *residual)
{
    size_t count = objective_pixels(p), i = 0;
    double parts[LANES] = {0}, sum = 0; // r holds the mask twice, y needs none
    for (; i + LANES <= count; i += LANES)
        for (size_t v = 0; v < LANES; v++)
            parts[v] += (double)p->image[i + v] * (double)residual[i + v];
    for (; i < count; i++)
        sum += (double)p->image[i] * (double)residual[i];
    for (size_t v = 0; v < LANES; v++)
        sum += parts[v];
    return sum;
}

dual_source objective_source(const inference *p, const float *code, const float *residual,
                             double reconstruction, const float *gradient)
{
    dual_source from = {.inner = objective_inner(p, residual),
                        .size = 2 * reconstruction,
                        .largest = objective_largest(p, gradient)};
    if (!(p->alpha > 0)) return from;
    double inner = 0;
    for (size_t i = 0; i < dictionary_code_floats(&p->geometry); i++)
        inner += (double)p->prediction[i] * ((double)p->prediction[i] - (double)code[i]);
    from.inner += 2 * p->alpha * inner;
    from.size += 2 * objective_prediction(p, code);
    return from;
}

double objective_dual(const inference *p, const dual_source *from)
{
    // the dual energy of s r' is s <y', r'> - s^2 / 2 |r'|^2
    if (!(from->size > 0)) return 0;
    double s = fmax(from->inner / from->size, 0);
    if (from->largest * s > p->lambda) s = p->lambda / from->largest;
    return s * from->inner - s * s / 2 * from->size;
}

double objective_relative_gap(const inference *p, double energy, double dual)
{
    if (!p->penalty->is_l1) return (double)NAN;
    double zero = objective_at_zero(p), gap = energy - dual;
    return gap < 0 || zero == 0 ? 0 : gap / zero; // NaN stays NaN
}
