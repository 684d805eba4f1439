// io/resize_row.c -- sixteen outputs at a time. Neighbours take neighbouring inputs: where sixteen of them
// lie within one or two registers, they are picked out of these, which is several times faster than
// fetching them one by one. Each output is the same sum in the same order on every processor.
#include "io/resize_row.h"

#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define LANES 16

size_t resize_row_stride(int count)
{
    return ((size_t)count + LANES - 1) / LANES * LANES;
}

// A group of lanes may begin at the last input, and two registers are read from there.
size_t resize_row_room(int count)
{
    return resize_row_stride(count) + (size_t)2 * LANES;
}

static void resize_lanes(const axis *a, size_t at, const float *restrict in, float *restrict out)
{
    const int *first = a->first + at;
    const float *weights = a->weights + at;
    for (int lane = 0; lane < LANES; lane++)
        out[lane] = weights[lane] * in[first[lane]];
    for (int k = 1; k < a->taps; k++) {
        weights += a->stride;
        for (int lane = 0; lane < LANES; lane++)
            out[lane] += weights[lane] * in[first[lane] + k];
    }
}

#ifdef __AVX512F__

// For inputs that span at most two registers. Multiplies and adds one after the other, as above.
static void resize_near_lanes(const axis *a, size_t at, const float *in, float *out)
{
    const float *from = in + a->first[at], *weights = a->weights + at;
    __m512i lanes =
        _mm512_sub_epi32(_mm512_loadu_si512(a->first + at), _mm512_set1_epi32(a->first[at]));
    __m512 sum = _mm512_setzero_ps();
    for (int k = 0; k < a->taps; k++, weights += a->stride) {
        __m512 near = _mm512_loadu_ps(from + k), far = _mm512_loadu_ps(from + k + LANES);
        __m512 product =
            _mm512_mul_ps(_mm512_loadu_ps(weights), _mm512_permutex2var_ps(near, lanes, far));
        sum = k == 0 ? product : _mm512_add_ps(sum, product);
    }
    _mm512_storeu_ps(out, sum);
}

void resize_row(const axis *a, const float *in, float *out)
{
    for (size_t at = 0; at < a->stride; at += LANES)
        if (a->first[at + LANES - 1] - a->first[at] < 2 * LANES)
            resize_near_lanes(a, at, in, out + at);
        else
            resize_lanes(a, at, in, out + at);
}

#else

void resize_row(const axis *a, const float *in, float *out)
{
    for (size_t at = 0; at < a->stride; at += LANES)
        resize_lanes(a, at, in, out + at);
}

#endif
