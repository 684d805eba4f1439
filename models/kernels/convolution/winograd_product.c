// models/kernels/convolution/winograd_product.c -- products of a strip's positions, with sums in
// registers.
//
// A block of channels of all tiles is a panel (tiles, VECTOR), so that most addresses are
// constants.
#include "models/kernels/convolution/winograd.h"

// Sums held in registers: 16 of the 32 of AVX-512, 8 of 16 elsewhere.
enum { MOST_SUMS = 16 };

// Operands of a block of sums: sums[r][v] += over k of a[r row_step + k term_step] b[k VECTOR + v
// vector_step]
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

// The sums to their places, or `add`ed to what is there.
ALWAYS_INLINE void write_sums(const vector *sums, bool add, float *to, size_t row_step,
                              size_t vector_step, size_t rows, size_t vectors)
{
    UNROLLED
    for (size_t r = 0; r < rows; r++) {
        UNROLLED
        for (size_t v = 0; v < vectors; v++) {
            float *at = to + v * vector_step + r * row_step;
            vector sum = sums[r * vectors + v], before;
            if (add) {
                memcpy(&before, at, sizeof before);
                sum = before + sum;
            }
            memcpy(at, &sum, sizeof sum);
        }
    }
}

// `rows` tiles of `vectors` output blocks, over all input blocks.
ALWAYS_INLINE void weigh_tiles(const float *tiles, const float *weights, size_t blocks, bool add,
                               float *to, size_t rows, size_t vectors)
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
    write_sums(sums, add, to, VECTOR, WINOGRAD_PANEL, rows, vectors);
}

ALWAYS_INLINE void weigh_blocks(const float *inputs, const float *weights, size_t in_blocks,
                                size_t out_blocks, bool add, float *outputs)
{
    size_t column = in_blocks * VECTOR * VECTOR, block = 0;
#if VECTOR == 16
    for (; block + 2 <= out_blocks; block += 2)
        for (size_t tile = 0; tile < WINOGRAD_STRIP; tile += 8)
            weigh_tiles(inputs + tile * VECTOR, weights + block * column, in_blocks, add,
                        outputs + block * WINOGRAD_PANEL + tile * VECTOR, 8, 2);
#endif
    for (; block < out_blocks; block++)
        for (size_t tile = 0; tile < WINOGRAD_STRIP; tile += 8)
            weigh_tiles(inputs + tile * VECTOR, weights + block * column, in_blocks, add,
                        outputs + block * WINOGRAD_PANEL + tile * VECTOR, 8, 1);
}

void winograd_weigh(const float *inputs, const float *weights, size_t in_blocks, size_t out_blocks,
                    bool add, float *outputs)
{
    if (add)
        weigh_blocks(inputs, weights, in_blocks, out_blocks, true, outputs);
    else
        weigh_blocks(inputs, weights, in_blocks, out_blocks, false, outputs);
}

// `rows` input channels, from number `channel` on, and `vectors` output blocks from `block` on,
// over all tiles.
ALWAYS_INLINE void correlate_channels(const winograd_strips *in, const winograd_strips *out,
                                      size_t channel, size_t block, bool add, float *to,
                                      size_t rows, size_t vectors)
{
    vector sums[MOST_SUMS];
    UNROLLED
    for (size_t i = 0; i < rows * vectors; i++)
        sums[i] = (vector){0};
    const float *inputs = in->first + channel / VECTOR * WINOGRAD_PANEL + channel % VECTOR,
                *outputs = out->first + block * WINOGRAD_PANEL;
    for (size_t strip = 0; strip < in->count; strip++) {
        const factors f = {inputs + strip * in->step, outputs + strip * out->step, 1, VECTOR,
                           WINOGRAD_PANEL};
        add_products(&f, WINOGRAD_STRIP, rows, vectors, sums);
    }
    size_t column = in->blocks * VECTOR * VECTOR;
    write_sums(sums, add, to + block * column + channel * VECTOR, VECTOR, column, rows, vectors);
}

ALWAYS_INLINE void correlate_blocks(const winograd_strips *in, const winograd_strips *out, bool add,
                                    float *sums)
{
    size_t block = 0, channels = in->blocks * VECTOR;
#if VECTOR == 16
    for (; block + 2 <= out->blocks; block += 2)
        for (size_t channel = 0; channel < channels; channel += 8)
            correlate_channels(in, out, channel, block, add, sums, 8, 2);
#endif
    for (; block < out->blocks; block++)
        for (size_t channel = 0; channel < channels; channel += VECTOR)
            correlate_channels(in, out, channel, block, add, sums, VECTOR, 1);
}

void winograd_correlate(const winograd_strips *inputs, const winograd_strips *outputs, bool add,
                        float *sums)
{
    if (add)
        correlate_blocks(inputs, outputs, true, sums);
    else
        correlate_blocks(inputs, outputs, false, sums);
}
