// models/kernels/convolution/winograd_tiles.c -- transforms between images and the positions of a
// strip of tiles.
//
// A 6 x 6 tile of a channel block is 36 registers; the compiler keeps what it can of them, and the
// rest in the first cache.
#include "models/kernels/convolution/winograd.h"

#include "base/arena.h"
#include "base/status.h"
#include "models/kernels/bf16.h"

// Inputs outside the image are these.
static const vector zeros = {0};

winograd_tiles winograd_cut(shape image, bool bf16)
{
    size_t down = (size_t)(image.h + WINOGRAD_OUT - 1) / WINOGRAD_OUT,
           across = (size_t)(image.w + WINOGRAD_OUT - 1) / WINOGRAD_OUT;
    return (winograd_tiles){.image = image,
                            .bf16 = bf16,
                            .down = down,
                            .across = across,
                            .count = (size_t)image.n * down * across,
                            .blocks = (size_t)image.c / VECTOR};
}

winograd_tiles winograd_some(const winograd_tiles *t, size_t first_block, size_t blocks)
{
    winograd_tiles some = *t;
    some.first_block = first_block;
    some.blocks = blocks;
    return some;
}

size_t winograd_strip_floats(size_t channels)
{
    return arena_padded(WINOGRAD_POSITIONS * winograd_step(channels) * sizeof(float)) /
           sizeof(float);
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

// The first number of a channel block of an image.
static size_t plane_start(shape image, size_t n, size_t block)
{
    size_t blocks = (size_t)image.c / VECTOR;
    return (n * blocks + block) * (size_t)image.h * (size_t)image.w * VECTOR;
}

static const unsigned char *number(const void *images, size_t at, bool bf16)
{
    return (const unsigned char *)images + at * (bf16 ? sizeof(uint16_t) : sizeof(float));
}

ALWAYS_INLINE void load_pixel(const void *from, bool bf16, vector *d)
{
    if (bf16)
        bf16_load(d, from, VECTOR);
    else
        memcpy(d, from, sizeof *d);
}

ALWAYS_INLINE void store_pixel(void *to, bool bf16, const vector *y)
{
    if (bf16)
        bf16_store(to, y, VECTOR);
    else
        memcpy(to, y, sizeof *y);
}

// Pixels of a plane around a tile; what is not a number of pixels is known to the compiler.
typedef struct window {
    shape image;
    int row, column; // of its first pixel; may lie outside
    bool inside;     // all its pixels are in the image
    bool bf16;
} window;

// d = `count` pixels down column j of the window.
ALWAYS_INLINE void load_column(const unsigned char *plane, const window *w, int j, int count,
                               vector *d)
{
    UNROLLED
    for (int i = 0; i < count; i++) {
        int row = w->row + i, column = w->column + j;
        bool exists = w->inside || ((unsigned)row < (unsigned)w->image.h &&
                                    (unsigned)column < (unsigned)w->image.w);
        size_t at = exists ? ((size_t)row * (size_t)w->image.w + (size_t)column) * VECTOR : 0;
        load_pixel(exists ? number(plane, at, w->bf16) : (const void *)&zeros, w->bf16, &d[i]);
    }
}

ALWAYS_INLINE void transform(const vector *d, int size, vector t[WINOGRAD_IN])
{
    if (size == WINOGRAD_IN)
        transform_inputs(d, t);
    else
        transform_outputs(d, t);
}

// to = the transform of the `size` x `size` pixels of a window.
ALWAYS_INLINE void read_tile(const unsigned char *plane, const window *w, int size, size_t step,
                             float *to)
{
    vector rows[WINOGRAD_IN][WINOGRAD_IN];
    UNROLLED
    for (int j = 0; j < size; j++) {
        vector d[WINOGRAD_IN], t[WINOGRAD_IN];
        load_column(plane, w, j, size, d);
        transform(d, size, t);
        UNROLLED
        for (int i = 0; i < WINOGRAD_IN; i++)
            rows[i][j] = t[i];
    }
    UNROLLED
    for (int i = 0; i < WINOGRAD_IN; i++) {
        vector t[WINOGRAD_IN];
        transform(rows[i], size, t);
        UNROLLED
        for (int j = 0; j < WINOGRAD_IN; j++, to += step)
            memcpy(to, &t[j], sizeof t[j]);
    }
}

static void write_zeros(size_t step, float *to)
{
    for (size_t p = 0; p < WINOGRAD_POSITIONS; p++)
        memcpy(to + p * step, &zeros, sizeof zeros);
}

// Windows of `size` start `margin` pixels before their tile.
ALWAYS_INLINE void read_strip(const winograd_tiles *t, const void *images, size_t first, int size,
                              int margin, bool bf16, float *to)
{
    size_t step = winograd_step(t->blocks * VECTOR);
    for (size_t i = 0; i < WINOGRAD_STRIP; i++, to += VECTOR) {
        place at = place_of(t, first + i);
        window outer = {t->image, at.row - margin, at.column - margin, false, bf16};
        window inner = {t->image, at.row - margin, at.column - margin, true, bf16};
        bool inside = lies_inside(t->image, outer.row, outer.column, size);
        for (size_t b = 0; b < t->blocks; b++) {
            size_t start = plane_start(t->image, at.image, t->first_block + b);
            const unsigned char *plane = number(images, start, bf16);
            if (first + i >= t->count)
                write_zeros(step, to + b * WINOGRAD_PANEL);
            else if (inside)
                read_tile(plane, &inner, size, step, to + b * WINOGRAD_PANEL);
            else
                read_tile(plane, &outer, size, step, to + b * WINOGRAD_PANEL);
        }
    }
}

void winograd_read_inputs(const winograd_tiles *t, const void *images, size_t first, float *to)
{
    if (t->bf16)
        read_strip(t, images, first, WINOGRAD_IN, 1, true, to);
    else
        read_strip(t, images, first, WINOGRAD_IN, 1, false, to);
}

void winograd_read_outputs(const winograd_tiles *t, const void *images, size_t first, float *to)
{
    if (t->bf16)
        read_strip(t, images, first, WINOGRAD_OUT, 0, true, to);
    else
        read_strip(t, images, first, WINOGRAD_OUT, 0, false, to);
}

ALWAYS_INLINE void write_tile(const float *from, size_t step, const window *w, unsigned char *plane)
{
    vector rows[WINOGRAD_OUT][WINOGRAD_IN];
    UNROLLED
    for (size_t j = 0; j < WINOGRAD_IN; j++) {
        vector m[WINOGRAD_IN], y[WINOGRAD_OUT];
        UNROLLED
        for (size_t i = 0; i < WINOGRAD_IN; i++)
            memcpy(&m[i], from + (i * WINOGRAD_IN + j) * step, sizeof m[i]);
        transform_sums(m, y);
        UNROLLED
        for (int i = 0; i < WINOGRAD_OUT; i++)
            rows[i][j] = y[i];
    }
    size_t pixel = VECTOR * (w->bf16 ? sizeof(uint16_t) : sizeof(float));
    UNROLLED
    for (int i = 0; i < WINOGRAD_OUT; i++) {
        vector y[WINOGRAD_OUT];
        transform_sums(rows[i], y);
        unsigned char *to =
            plane + ((size_t)(w->row + i) * (size_t)w->image.w + (size_t)w->column) * pixel;
        UNROLLED
        for (int j = 0; j < WINOGRAD_OUT; j++)
            if (w->inside || (w->row + i < w->image.h && w->column + j < w->image.w))
                store_pixel(to + (size_t)j * pixel, w->bf16, &y[j]);
    }
}

ALWAYS_INLINE void write_strip(const winograd_tiles *t, const float *from, size_t first, bool bf16,
                               void *images)
{
    size_t step = winograd_step(t->blocks * VECTOR);
    for (size_t i = 0; i < WINOGRAD_STRIP && first + i < t->count; i++, from += VECTOR) {
        place at = place_of(t, first + i);
        window outer = {t->image, at.row, at.column, false, bf16};
        window inner = {t->image, at.row, at.column, true, bf16};
        bool inside = lies_inside(t->image, at.row, at.column, WINOGRAD_OUT);
        for (size_t b = 0; b < t->blocks; b++) {
            size_t start = plane_start(t->image, at.image, t->first_block + b);
            unsigned char *plane =
                (unsigned char *)images + start * (bf16 ? sizeof(uint16_t) : sizeof(float));
            if (inside)
                write_tile(from + b * WINOGRAD_PANEL, step, &inner, plane);
            else
                write_tile(from + b * WINOGRAD_PANEL, step, &outer, plane);
        }
    }
}

void winograd_write_outputs(const winograd_tiles *t, const float *from, size_t first, void *images)
{
    if (t->bf16)
        write_strip(t, from, first, true, images);
    else
        write_strip(t, from, first, false, images);
}

// A row of a tile is one to four lines of the cache.
static void prefetch_row(const unsigned char *from, size_t bytes, bool to_write)
{
    for (size_t at = 0; at < bytes; at += 64) {
        if (to_write)
            __builtin_prefetch(from + at, 1);
        else
            __builtin_prefetch(from + at, 0);
    }
}

void winograd_prefetch(const winograd_tiles *t, const void *images, size_t first, size_t part,
                       bool to_write)
{
    const size_t rows = (size_t)WINOGRAD_STRIP * WINOGRAD_OUT,
                 share = (rows + WINOGRAD_POSITIONS - 1) / WINOGRAD_POSITIONS;
    const size_t bytes =
        (size_t)WINOGRAD_OUT * VECTOR * (t->bf16 ? sizeof(uint16_t) : sizeof(float));
    for (size_t i = part * share; i < (part + 1) * share && i < rows; i++) {
        size_t tile = first + i / WINOGRAD_OUT;
        if (tile >= t->count) return;
        place at = place_of(t, tile);
        // Inputs reach one row further down, and share the rows above with earlier tiles.
        int row = at.row + (int)(i % WINOGRAD_OUT) + (to_write ? 0 : 1);
        if (row >= t->image.h) continue;
        for (size_t b = 0; b < t->blocks; b++) {
            size_t start = plane_start(t->image, at.image, t->first_block + b) +
                           ((size_t)row * (size_t)t->image.w + (size_t)at.column) * VECTOR;
            prefetch_row(number(images, start, t->bf16), bytes, to_write);
        }
    }
}
