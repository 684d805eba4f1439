// models/kernels/dictionary_descent.c -- per code one inner product with the image under its atom,
// and one subtraction when the code moves; both in vectors along the rows of the atom.
#include "models/kernels/dictionary_descent.h"

#include "models/kernels/dictionary_layout.h"

#include <math.h>

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Where a code's atom and its place in an image are.
typedef struct place {
    const float *atom; // (k, R), see dictionary_layout.h
    size_t rows;       // k
    size_t image_row;  // floats of a row of the image
} place;

static place open_place(const dictionary_layout *l)
{
    return (place){.rows = l->kernel, .image_row = l->image_row};
}

ALWAYS_INLINE const float *rows_of_atom(const dictionary_layout *l, const float *packed,
                                        int32_t atom, size_t vectors)
{
    return packed + l->by_row + (size_t)atom * l->kernel * vectors * LANES;
}

// x += x of the lanes `by` further on, as long as they are
#define FOLD(x, ...) (*(x) += __builtin_shufflevector(*(x), *(x), __VA_ARGS__))

// The sum of the lanes, by halves; without a way through memory, as each code waits for it.
ALWAYS_INLINE float sum_of_lanes(lanes *x)
{
    FOLD(x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    FOLD(x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
    FOLD(x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
    FOLD(x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
    return (*x)[0];
}

// <atom, image under it>; what the image holds beyond a row of the atom meets zeros there.
ALWAYS_INLINE float match(const place *at, size_t vectors, const float *image)
{
    lanes sums[2] = {{0}, {0}};
    const float *atom = at->atom;
    for (size_t u = 0; u < at->rows; u++, image += at->image_row)
        for (size_t v = 0; v < vectors; v++, atom += LANES) {
            lanes row, under;
            memcpy(&row, atom, sizeof row);
            memcpy(&under, image + v * LANES, sizeof under);
            sums[v & 1] += row * under;
        }
    sums[0] += sums[1];
    return sum_of_lanes(&sums[0]);
}

// image -= by * weight * atom; weight NULL = 1
ALWAYS_INLINE void take_away(const place *at, size_t vectors, float by, const float *weight,
                             float *image)
{
    const float *atom = at->atom;
    for (size_t u = 0; u < at->rows; u++, image += at->image_row) {
        for (size_t v = 0; v < vectors; v++, atom += LANES) {
            lanes row, under, share;
            memcpy(&row, atom, sizeof row);
            memcpy(&under, image + v * LANES, sizeof under);
            if (weight != NULL) {
                memcpy(&share, weight + v * LANES, sizeof share);
                row *= share;
            }
            under -= by * row;
            memcpy(image + v * LANES, &under, sizeof under);
        }
        if (weight != NULL) weight += at->image_row;
    }
}

// sum of weight atom^2; weight NULL = 1
ALWAYS_INLINE float square(const place *at, size_t vectors, const float *weight)
{
    lanes sum = {0};
    const float *atom = at->atom;
    for (size_t u = 0; u < at->rows; u++) {
        for (size_t v = 0; v < vectors; v++, atom += LANES) {
            lanes row, share;
            memcpy(&row, atom, sizeof row);
            row *= row;
            if (weight != NULL) {
                memcpy(&share, weight + v * LANES, sizeof share);
                row *= share;
            }
            sum += row;
        }
        if (weight != NULL) weight += at->image_row;
    }
    return sum_of_lanes(&sum);
}

ALWAYS_INLINE float shrink(float u, float threshold, bool non_negative)
{
    if (u > threshold) return u - threshold;
    return !non_negative && u < -threshold ? u + threshold : 0.0f;
}

ALWAYS_INLINE float descend(const dictionary_layout *l, const descent_problem *p, size_t vectors,
                            float *z, float *residual)
{
    place at = open_place(l);
    float largest = 0;
    for (size_t i = 0; i < p->count; i++) {
        size_t corner = (size_t)p->list[i].corner;
        at.atom = rows_of_atom(l, p->packed, p->list[i].atom, vectors);
        float h = p->curvature[i], old = z[i];
        float pull = match(&at, vectors, residual + corner);
        if (p->prediction != NULL) pull += 2 * p->alpha * (p->prediction[i] - old);
        float size = p->non_negative ? pull : fabsf(pull);
        largest = size > largest ? size : largest;
        float next = shrink(h * old + pull, p->lambda, p->non_negative) / h;
        if (next == old) continue;
        const float *weight = p->mask_square == NULL ? NULL : p->mask_square + corner;
        take_away(&at, vectors, next - old, weight, residual + corner);
        z[i] = next;
    }
    return largest;
}

ALWAYS_INLINE void curve(const dictionary_layout *l, const descent_problem *p, size_t vectors,
                         float *curvature)
{
    place at = open_place(l);
    for (size_t i = 0; i < p->count; i++) {
        at.atom = rows_of_atom(l, p->packed, p->list[i].atom, vectors);
        const float *weight = p->mask_square == NULL ? NULL : p->mask_square + p->list[i].corner;
        float sum = square(&at, vectors, weight);
        curvature[i] = sum > 0 ? sum : 1;
    }
}

float dictionary_descend(const dictionary_geometry *g, const descent_problem *p, float *z,
                         float *residual)
{
    // numbers of vectors that the compiler knows for 9 x 9 atoms of one and of three channels
    dictionary_layout l = dictionary_layout_of(g);
    if (l.row_floats == LANES) return descend(&l, p, 1, z, residual);
    if (l.row_floats == 2 * LANES) return descend(&l, p, 2, z, residual);
    return descend(&l, p, l.row_floats / LANES, z, residual);
}

void dictionary_curvature(const dictionary_geometry *g, const descent_problem *p, float *curvature)
{
    dictionary_layout l = dictionary_layout_of(g);
    if (l.row_floats == 2 * LANES)
        curve(&l, p, 2, curvature);
    else
        curve(&l, p, l.row_floats / LANES, curvature);
}
