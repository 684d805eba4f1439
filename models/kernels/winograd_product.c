// models/kernels/winograd_product.c -- products of a strip's positions, with sums in registers.
//
// A block of channels of all tiles is a panel (tiles, VECTOR), so that most addresses are constants.
#include "models/kernels/winograd.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Sums held in registers: 16 of the 32 of AVX-512, 8 of 16 elsewhere.
enum { MOST_SUMS = 16 };

// Operands of a block of sums: sums[r][v] += over k of a[r row_step + k term_step] b[k VECTOR + v vector_step]
typedef struct factors {
    const float *a, *b;
    size_t row_step, term_step, vector_step;
} factors;

// All sizes are known to the compiler, as are the steps of a.
ALWAYS_INLINE void add_products(const factors *f, size_t terms, size_t rows, size_t vectors,
                                vector *sums)
{
    const float *a = f->a, *b = f->b;
    for (size_t k = 0; k < terms; k++, a += f->term_step, b += VECTOR) {
        vector factor[2];
        UNROLLED
        for (size_t v = 0; v < vectors; v++)
            memcpy(&factor[v], b + v * f->vector_step, sizeof factor[v]);
        UNROLLED
        for (size_t r = 0; r < rows; r++) {
            UNROLLED
            for (size_t v = 0; v < vectors; v++)
                sums[r * vectors + v] += a[r * f->row_step] * factor[v];
        }
    }
}

// `rows` tiles of `vectors` output blocks, over all input blocks.
ALWAYS_INLINE void weigh_tiles(const float *tiles, const float *weights, size_t blocks, float *to,
                               size_t rows, size_t vectors)
{
    vector sums[MOST_SUMS];
    UNROLLED
    for (size_t i = 0; i < rows * vectors; i++)
        sums[i] = (vector){0};
    for (size_t block = 0; block < blocks; block++) {
        factors f = {tiles + block * WINOGRAD_PANEL, weights + block * VECTOR * VECTOR, VECTOR, 1,
                     blocks * VECTOR * VECTOR};
        add_products(&f, VECTOR, rows, vectors, sums);
    }
    UNROLLED
    for (size_t r = 0; r < rows; r++) {
        UNROLLED
        for (size_t v = 0; v < vectors; v++)
            memcpy(to + v * WINOGRAD_PANEL + r * VECTOR, &sums[r * vectors + v], sizeof(vector));
    }
}

void winograd_weigh(const float *inputs, const float *weights, size_t in_blocks, size_t out_blocks,
                    float *outputs)
{
    size_t column = in_blocks * VECTOR * VECTOR, block = 0;
#if VECTOR == 16
    for (; block + 2 <= out_blocks; block += 2)
        for (size_t tile = 0; tile < WINOGRAD_STRIP; tile += 8)
            weigh_tiles(inputs + tile * VECTOR, weights + block * column, in_blocks,
                        outputs + block * WINOGRAD_PANEL + tile * VECTOR, 8, 2);
#endif
    for (; block < out_blocks; block++)
        for (size_t tile = 0; tile < WINOGRAD_STRIP; tile += 8)
            weigh_tiles(inputs + tile * VECTOR, weights + block * column, in_blocks,
                        outputs + block * WINOGRAD_PANEL + tile * VECTOR, 8, 1);
}

// `rows` input channels and `vectors` output blocks, over the tiles of the strip.
ALWAYS_INLINE void correlate_channels(const float *inputs, const float *outputs, size_t column,
                                      float *sums_at, size_t rows, size_t vectors)
{
    vector sums[MOST_SUMS];
    UNROLLED
    for (size_t i = 0; i < rows * vectors; i++)
        sums[i] = (vector){0};
    const factors f = {inputs, outputs, 1, VECTOR, WINOGRAD_PANEL};
    add_products(&f, WINOGRAD_STRIP, rows, vectors, sums);
    UNROLLED
    for (size_t r = 0; r < rows; r++) {
        UNROLLED
        for (size_t v = 0; v < vectors; v++) {
            vector sum;
            memcpy(&sum, sums_at + v * column + r * VECTOR, sizeof sum);
            sum += sums[r * vectors + v];
            memcpy(sums_at + v * column + r * VECTOR, &sum, sizeof sum);
        }
    }
}

void winograd_correlate(const float *inputs, const float *outputs, size_t in_blocks,
                        size_t out_blocks, float *sums)
{
    size_t column = in_blocks * VECTOR * VECTOR, block = 0;
#if VECTOR == 16
    for (; block + 2 <= out_blocks; block += 2)
        for (size_t in = 0; in < in_blocks; in++)
            for (size_t row = 0; row < VECTOR; row += 8)
                correlate_channels(inputs + in * WINOGRAD_PANEL + row,
                                   outputs + block * WINOGRAD_PANEL, column,
                                   sums + block * column + (in * VECTOR + row) * VECTOR, 8, 2);
#endif
    for (; block < out_blocks; block++)
        for (size_t in = 0; in < in_blocks; in++)
            for (size_t row = 0; row < VECTOR; row += VECTOR)
                correlate_channels(inputs + in * WINOGRAD_PANEL + row,
                                   outputs + block * WINOGRAD_PANEL, column,
                                   sums + block * column + (in * VECTOR + row) * VECTOR, VECTOR, 1);
}
