// io/images/resize_row.c -- a register of outputs at a time. Neighbours take neighbouring inputs:
// where all of them lie within two registers, they are picked out of these, which is several times
// faster than fetching them one by one. Each output is the same sum in the same order on every
// processor.
#include "io/images/resize_row.h"

#include "base/vector.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX2__
#include <immintrin.h>
#endif

#define LANES 16 // a row's length is a multiple of it: of every register's

size_t resize_row_stride(int count)
{
    return ((size_t)count + LANES - 1) / LANES * LANES;
}

// A group of outputs may begin at the last input, and two registers are read from there.
size_t resize_row_room(int count)
{
    return resize_row_stride(count) + (size_t)2 * LANES;
}

// Outputs at .. at + VECTOR - 1, their inputs one by one.
static void resize_far(const axis *a, size_t at, const float *restrict in, float *restrict out)
{
    const int *first = a->first + at;
    const float *weights = a->weights + at;
    for (int lane = 0; lane < VECTOR; lane++)
        out[lane] = weights[lane] * in[first[lane]];
    for (int k = 1; k < a->taps; k++) {
        weights += a->stride;
        for (int lane = 0; lane < VECTOR; lane++)
            out[lane] += weights[lane] * in[first[lane] + k];
    }
}

#ifdef __AVX2__

typedef int32_t places __attribute__((vector_size(VECTOR * sizeof(int32_t))));

// Of the floats of two registers, those at `which`.
ALWAYS_INLINE void pick(const vector *low, const vector *high, const places *which, vector *picked)
{
#ifdef __AVX512F__
    *picked = (vector)_mm512_permutex2var_ps((__m512)*low, (__m512i)*which, (__m512)*high);
#else
    const __m256i at = (__m256i)*which;
    __m256 is_high = _mm256_castsi256_ps(_mm256_slli_epi32(at, 28)); // 8 and more: the sign
    *picked = (vector)_mm256_blendv_ps(_mm256_permutevar8x32_ps((__m256)*low, at),
                                       _mm256_permutevar8x32_ps((__m256)*high, at), is_high);
#endif
}

// Where a group's inputs lie.
typedef enum span {
    SPAN_HELD, // for all taps in the same two registers
    SPAN_NEAR, // for each tap in two registers
    SPAN_FAR
} span;

static span span_of(const axis *a, size_t at)
{
    int width = a->first[at + VECTOR - 1] - a->first[at];
    if (width + a->taps <= 2 * VECTOR) return SPAN_HELD;
    return width < 2 * VECTOR ? SPAN_NEAR : SPAN_FAR;
}

// Holds some channels, whose number the compiler knows: the inputs of each in two registers, and
// its sum.
typedef struct near_inputs {
    vector low[3], high[3], sums[3];
} near_inputs;

ALWAYS_INLINE void load_near(near_inputs *n, int channels, const float *from, size_t room)
{
    UNROLLED
    for (int c = 0; c < channels; c++) {
        memcpy(&n->low[c], from + (size_t)c * room, sizeof(vector));
        memcpy(&n->high[c], from + (size_t)c * room + VECTOR, sizeof(vector));
    }
}

// Adds a tap, or begins with it. Multiplies and adds one after the other, as above.
ALWAYS_INLINE void add_tap(near_inputs *n, int channels, const float *weights, const places *which,
                           bool first)
{
    vector weight;
    memcpy(&weight, weights, sizeof weight);
    UNROLLED
    for (int c = 0; c < channels; c++) {
        vector product;
        pick(&n->low[c], &n->high[c], which, &product);
        product *= weight;
        n->sums[c] = first ? product : n->sums[c] + product;
    }
}

// Rows of `in` have `room`, of which 2 VECTOR behind a tap's first input may be read.
ALWAYS_INLINE void resize_near(const axis *a, size_t at, int channels, const float *in, size_t room,
                               float *out, size_t out_row, bool held)
{
    const float *from = in + a->first[at], *weights = a->weights + at;
    places which;
    memcpy(&which, a->first + at, sizeof which);
    which -= a->first[at];
    near_inputs n;
    load_near(&n, channels, from, room);
    add_tap(&n, channels, weights, &which, true);
    for (int k = 1; k < a->taps; k++) {
        weights += a->stride;
        if (held)
            which += 1;
        else
            load_near(&n, channels, from + k, room);
        add_tap(&n, channels, weights, &which, false);
    }
    UNROLLED
    for (int c = 0; c < channels; c++)
        memcpy(out + (size_t)c * out_row, &n.sums[c], sizeof(vector));
}

ALWAYS_INLINE void resize_channels(const axis *a, int channels, const float *in, size_t room,
                                   float *out, size_t out_row)
{
    for (size_t at = 0; at < a->stride; at += VECTOR) {
        span s = span_of(a, at);
        if (s == SPAN_HELD)
            resize_near(a, at, channels, in, room, out + at, out_row, true);
        else if (s == SPAN_NEAR)
            resize_near(a, at, channels, in, room, out + at, out_row, false);
        else
            for (int c = 0; c < channels; c++)
                resize_far(a, at, in + (size_t)c * room, out + (size_t)c * out_row + at);
    }
}

// Three channels share weights and places.
void resize_row(const axis *a, int channels, const float *in, size_t room, float *out,
                size_t out_row)
{
    if (channels == 3) {
        resize_channels(a, 3, in, room, out, out_row);
        return;
    }
    for (int c = 0; c < channels; c++)
        resize_channels(a, 1, in + (size_t)c * room, room, out + (size_t)c * out_row, out_row);
}

#else

void resize_row(const axis *a, int channels, const float *in, size_t room, float *out,
                size_t out_row)
{
    for (int c = 0; c < channels; c++)
        for (size_t at = 0; at < a->stride; at += VECTOR)
            resize_far(a, at, in + (size_t)c * room, out + (size_t)c * out_row + at);
}

#endif
