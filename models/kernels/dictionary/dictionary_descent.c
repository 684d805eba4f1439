// models/kernels/dictionary/dictionary_descent.c -- per code one inner product with the image under
// its atom, and one subtraction when the code moves; both in vectors along the rows of the atom.
#include "models/kernels/dictionary/dictionary_descent.h"

#include "models/kernels/dictionary/dictionary_layout.h"
#include "models/kernels/fold.h"

#include <math.h>

// The atom of a code, by row.
ALWAYS_INLINE const float *rows_of(const dictionary_layout *l, const descent_problem *p, size_t n,
                                   size_t row_floats)
{
    return p->packed + l->by_row + (size_t)p->list[n].atom * l->rows * row_floats;
}

// <atom, image under it>; what the image holds beyond a row of the atom meets zeros there.
ALWAYS_INLINE float match(const dictionary_layout *l, const float *atom, const float *image,
                          size_t row_floats)
{
    vector sums[2] = {{0}, {0}};
    for (size_t u = 0; u < l->rows; u++, image += l->image_row)
        for (size_t i = 0; i < row_floats; i += VECTOR, atom += VECTOR) {
            vector row, under;
            memcpy(&row, atom, sizeof row);
            memcpy(&under, image + i, sizeof under);
            sums[i / VECTOR & 1] += row * under;
        }
    sums[0] += sums[1];
    return sum_of_lanes(&sums[0]);
}

// image -= by * weight * atom; weight NULL = 1
ALWAYS_INLINE void take_away(const dictionary_layout *l, const float *atom, float by,
                             const float *weight, float *image, size_t row_floats)
{
    for (size_t u = 0; u < l->rows; u++, image += l->image_row) {
        for (size_t i = 0; i < row_floats; i += VECTOR, atom += VECTOR) {
            vector row, under, share;
            memcpy(&row, atom, sizeof row);
            memcpy(&under, image + i, sizeof under);
            if (weight != NULL) {
                memcpy(&share, weight + i, sizeof share);
                row *= share;
            }
            under -= by * row;
            memcpy(image + i, &under, sizeof under);
        }
        if (weight != NULL) weight += l->image_row;
    }
}

// sum of weight atom^2; weight NULL = 1
ALWAYS_INLINE float square(const dictionary_layout *l, const float *atom, const float *weight,
                           size_t row_floats)
{
    vector sum = {0};
    for (size_t u = 0; u < l->rows; u++) {
        for (size_t i = 0; i < row_floats; i += VECTOR, atom += VECTOR) {
            vector row, share;
            memcpy(&row, atom, sizeof row);
            row *= row;
            if (weight != NULL) {
                memcpy(&share, weight + i, sizeof share);
                row *= share;
            }
            sum += row;
        }
        if (weight != NULL) weight += l->image_row;
    }
    return sum_of_lanes(&sum);
}

ALWAYS_INLINE float shrink(float u, float threshold, bool non_negative)
{
    if (u > threshold) return u - threshold;
    return !non_negative && u < -threshold ? u + threshold : 0.0f;
}

// m^2 from the corner of a code on, or NULL.
ALWAYS_INLINE const float *weight_of(const descent_problem *p, size_t n)
{
    return p->mask_square == NULL ? NULL : p->mask_square + p->list[n].corner;
}

ALWAYS_INLINE float descend(const dictionary_layout *l, const descent_problem *p, float *z,
                            float *residual, size_t row_floats)
{
    float largest = 0;
    for (size_t n = 0; n < p->count; n++) {
        const float *atom = rows_of(l, p, n, row_floats);
        float *under = residual + p->list[n].corner;
        float h = p->curvature[n], old = z[n], pull = match(l, atom, under, row_floats);
        if (p->prediction != NULL) pull += 2 * p->alpha * (p->prediction[n] - old);
        float size = p->non_negative ? pull : fabsf(pull);
        largest = size > largest ? size : largest;
        float next = shrink(h * old + pull, p->lambda, p->non_negative) / h;
        if (next == old) continue;
        take_away(l, atom, next - old, weight_of(p, n), under, row_floats);
        z[n] = next;
    }
    return largest;
}

float dictionary_descend(const dictionary_geometry *g, const descent_problem *p, float *z,
                         float *residual)
{
    // numbers that the compiler knows for 9 x 9 atoms of one and of three channels
    dictionary_layout l = dictionary_layout_of(g);
    if (l.row_floats == LANES) return descend(&l, p, z, residual, LANES);
    if (l.row_floats == (size_t)2 * LANES) return descend(&l, p, z, residual, (size_t)2 * LANES);
    return descend(&l, p, z, residual, l.row_floats);
}

void dictionary_curvature(const dictionary_geometry *g, const descent_problem *p, float *curvature)
{
    dictionary_layout l = dictionary_layout_of(g);
    for (size_t n = 0; n < p->count; n++) {
        float sum = square(&l, rows_of(&l, p, n, l.row_floats), weight_of(p, n), l.row_floats);
        curvature[n] = sum > 0 ? sum : 1;
    }
}
