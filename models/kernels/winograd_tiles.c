// models/kernels/winograd_tiles.c -- transforms between images and the positions of a strip of tiles.
//
// A 6 x 6 tile of a channel block is 36 registers; the compiler keeps what it can of them, and the rest
// in the first cache.
#include "models/kernels/winograd.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Inputs outside the image are these.
static const vector zeros = {0};

winograd_tiles winograd_cut(shape image)
{
    size_t down = (size_t)(image.h + WINOGRAD_OUT - 1) / WINOGRAD_OUT,
           across = (size_t)(image.w + WINOGRAD_OUT - 1) / WINOGRAD_OUT;
    return (winograd_tiles){image, down, across, (size_t)image.n * down * across};
}

// B^T d
ALWAYS_INLINE void transform_inputs(const vector d[WINOGRAD_IN], vector t[WINOGRAD_IN])
{
    vector even = d[4] - 0.25f * d[2], odd = d[3] - 0.25f * d[1];
    vector far = d[4] - d[2], near = d[3] - d[1];
    t[0] = far + 0.25f * (d[0] - d[2]);
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = far + 0.5f * near;
    t[4] = far - 0.5f * near;
    t[5] = (d[5] - d[3]) - 0.25f * near;
}

// A^T m
ALWAYS_INLINE void transform_sums(const vector m[WINOGRAD_IN], vector y[WINOGRAD_OUT])
{
    vector even = m[1] + m[2], odd = m[1] - m[2];
    vector half_even = m[3] + m[4], half_odd = m[3] - m[4];
    y[0] = (m[0] + even) + half_even;
    y[1] = odd + 0.5f * half_odd;
    y[2] = even + 0.25f * half_even;
    y[3] = (odd + m[5]) + 0.125f * half_odd;
}

// A d
ALWAYS_INLINE void transform_outputs(const vector d[WINOGRAD_OUT], vector t[WINOGRAD_IN])
{
    vector even = d[0] + d[2], odd = d[1] + d[3];
    vector half_even = d[0] + 0.25f * d[2], half_odd = d[1] + 0.25f * d[3];
    t[0] = d[0];
    t[1] = even + odd;
    t[2] = even - odd;
    t[3] = half_even + 0.5f * half_odd;
    t[4] = half_even - 0.5f * half_odd;
    t[5] = d[3];
}

// Where a tile lies: its image, and the row and column of its first output.
typedef struct place {
    size_t image;
    int row, column;
} place;

static place place_of(const winograd_tiles *t, size_t tile)
{
    size_t in_image = tile % (t->down * t->across);
    return (place){tile / (t->down * t->across), (int)(in_image / t->across) * WINOGRAD_OUT,
                   (int)(in_image % t->across) * WINOGRAD_OUT};
}

// Do `size` x `size` pixels from (row, column) lie in the image?
static bool lies_inside(shape image, int row, int column, int size)
{
    return row >= 0 && column >= 0 && row + size <= image.h && column + size <= image.w;
}

// d = `count` pixels down column `column` from `row`; `inside`: all are in the image.
ALWAYS_INLINE void load_column(const float *plane, shape image, int row, int column, int count,
                               bool inside, vector *d)
{
    UNROLLED
    for (int i = 0; i < count; i++) {
        bool exists = inside || ((unsigned)(row + i) < (unsigned)image.h &&
                                 (unsigned)column < (unsigned)image.w);
        const float *from = plane + ((ptrdiff_t)(row + i) * image.w + column) * VECTOR;
        memcpy(&d[i], exists ? from : (const float *)&zeros, sizeof d[i]);
    }
}

// The channel block of an image.
static size_t plane_start(shape image, size_t n, size_t block)
{
    size_t blocks = (size_t)image.c / VECTOR;
    return (n * blocks + block) * (size_t)image.h * (size_t)image.w * VECTOR;
}

// Stores a row of positions.
ALWAYS_INLINE void store_row(const vector *t, size_t step, float *to)
{
    UNROLLED
    for (int j = 0; j < WINOGRAD_IN; j++)
        memcpy(to + (size_t)j * step, &t[j], sizeof t[j]);
}

ALWAYS_INLINE void read_input(const float *plane, shape image, int row, int column, bool inside,
                              size_t step, float *to)
{
    vector rows[WINOGRAD_IN][WINOGRAD_IN];
    UNROLLED
    for (int j = 0; j < WINOGRAD_IN; j++) {
        vector d[WINOGRAD_IN], t[WINOGRAD_IN];
        load_column(plane, image, row, column + j, WINOGRAD_IN, inside, d);
        transform_inputs(d, t);
        UNROLLED
        for (int i = 0; i < WINOGRAD_IN; i++)
            rows[i][j] = t[i];
    }
    UNROLLED
    for (int i = 0; i < WINOGRAD_IN; i++) {
        vector t[WINOGRAD_IN];
        transform_inputs(rows[i], t);
        store_row(t, step, to + (size_t)(i * WINOGRAD_IN) * step);
    }
}

ALWAYS_INLINE void read_output(const float *plane, shape image, int row, int column, bool inside,
                               size_t step, float *to)
{
    vector rows[WINOGRAD_IN][WINOGRAD_OUT];
    UNROLLED
    for (int j = 0; j < WINOGRAD_OUT; j++) {
        vector d[WINOGRAD_OUT], t[WINOGRAD_IN];
        load_column(plane, image, row, column + j, WINOGRAD_OUT, inside, d);
        transform_outputs(d, t);
        UNROLLED
        for (int i = 0; i < WINOGRAD_IN; i++)
            rows[i][j] = t[i];
    }
    UNROLLED
    for (int i = 0; i < WINOGRAD_IN; i++) {
        vector t[WINOGRAD_IN];
        transform_outputs(rows[i], t);
        store_row(t, step, to + (size_t)(i * WINOGRAD_IN) * step);
    }
}

static void write_zeros(size_t step, float *to)
{
    for (size_t p = 0; p < WINOGRAD_POSITIONS; p++)
        memcpy(to + p * step, &zeros, sizeof zeros);
}

void winograd_read_inputs(const winograd_tiles *t, const float *images, size_t first, float *to)
{
    size_t step = winograd_step(t->image.c);
    for (size_t i = 0; i < WINOGRAD_STRIP; i++, to += VECTOR) {
        place at = place_of(t, first + i);
        bool inside = lies_inside(t->image, at.row - 1, at.column - 1, WINOGRAD_IN);
        for (size_t b = 0; b < (size_t)t->image.c / VECTOR; b++) {
            const float *plane = images + plane_start(t->image, at.image, b);
            if (first + i >= t->count)
                write_zeros(step, to + b * WINOGRAD_PANEL);
            else if (inside)
                read_input(plane, t->image, at.row - 1, at.column - 1, true, step,
                           to + b * WINOGRAD_PANEL);
            else
                read_input(plane, t->image, at.row - 1, at.column - 1, false, step,
                           to + b * WINOGRAD_PANEL);
        }
    }
}

void winograd_read_outputs(const winograd_tiles *t, const float *images, size_t first, float *to)
{
    size_t step = winograd_step(t->image.c);
    for (size_t i = 0; i < WINOGRAD_STRIP; i++, to += VECTOR) {
        place at = place_of(t, first + i);
        bool inside = lies_inside(t->image, at.row, at.column, WINOGRAD_OUT);
        for (size_t b = 0; b < (size_t)t->image.c / VECTOR; b++) {
            const float *plane = images + plane_start(t->image, at.image, b);
            if (first + i >= t->count)
                write_zeros(step, to + b * WINOGRAD_PANEL);
            else if (inside)
                read_output(plane, t->image, at.row, at.column, true, step,
                            to + b * WINOGRAD_PANEL);
            else
                read_output(plane, t->image, at.row, at.column, false, step,
                            to + b * WINOGRAD_PANEL);
        }
    }
}

ALWAYS_INLINE void write_output(const float *from, size_t step, shape image, int row, int column,
                                bool inside, float *plane)
{
    vector columns[WINOGRAD_OUT][WINOGRAD_IN];
    UNROLLED
    for (int j = 0; j < WINOGRAD_IN; j++) {
        vector m[WINOGRAD_IN], y[WINOGRAD_OUT];
        UNROLLED
        for (int i = 0; i < WINOGRAD_IN; i++)
            memcpy(&m[i], from + (size_t)(i * WINOGRAD_IN + j) * step, sizeof m[i]);
        transform_sums(m, y);
        UNROLLED
        for (int i = 0; i < WINOGRAD_OUT; i++)
            columns[i][j] = y[i];
    }
    UNROLLED
    for (int i = 0; i < WINOGRAD_OUT; i++) {
        vector y[WINOGRAD_OUT];
        transform_sums(columns[i], y);
        float *to = plane + ((ptrdiff_t)(row + i) * image.w + column) * VECTOR;
        UNROLLED
        for (int j = 0; j < WINOGRAD_OUT; j++)
            if (inside || (row + i < image.h && column + j < image.w))
                memcpy(to + (ptrdiff_t)j * VECTOR, &y[j], sizeof y[j]);
    }
}

void winograd_write_outputs(const winograd_tiles *t, const float *from, size_t first, float *images)
{
    size_t step = winograd_step(t->image.c);
    for (size_t i = 0; i < WINOGRAD_STRIP && first + i < t->count; i++, from += VECTOR) {
        place at = place_of(t, first + i);
        bool inside = lies_inside(t->image, at.row, at.column, WINOGRAD_OUT);
        for (size_t b = 0; b < (size_t)t->image.c / VECTOR; b++) {
            float *plane = images + plane_start(t->image, at.image, b);
            if (inside)
                write_output(from + b * WINOGRAD_PANEL, step, t->image, at.row, at.column, true,
                             plane);
            else
                write_output(from + b * WINOGRAD_PANEL, step, t->image, at.row, at.column, false,
                             plane);
        }
    }
}

void winograd_prefetch(const winograd_tiles *t, const float *images, size_t first, size_t part,
                       bool to_write)
{
    const size_t rows = (size_t)WINOGRAD_STRIP * WINOGRAD_OUT,
                 share = (rows + WINOGRAD_POSITIONS - 1) / WINOGRAD_POSITIONS;
    size_t blocks = (size_t)t->image.c / VECTOR;
    for (size_t i = part * share; i < (part + 1) * share && i < rows; i++) {
        size_t tile = first + i / WINOGRAD_OUT;
        if (tile >= t->count) return;
        place at = place_of(t, tile);
        int row = at.row + (int)(i % WINOGRAD_OUT) + (to_write ? 0 : 1);
        if (row >= t->image.h) continue;
        for (size_t b = 0; b < blocks; b++) {
            const float *from = images + plane_start(t->image, at.image, b) +
                                ((size_t)row * (size_t)t->image.w + (size_t)at.column) * VECTOR;
            for (int j = 0; j < WINOGRAD_OUT; j++) {
                if (to_write)
                    __builtin_prefetch(from + j * VECTOR, 1);
                else
                    __builtin_prefetch(from + j * VECTOR, 0);
            }
        }
    }
}
