// models/kernels/bf16.h -- numbers of 16 bits with float32's exponent: its upper half, rounded.
//
// Rounding is to the nearest, halves to the even one; a NaN stays one. Numbers below float32's
// normal range may become 0: the processor's instruction does so, the integers here do not.
#ifndef MODELS_KERNELS_BF16_H
#define MODELS_KERNELS_BF16_H

#include "models/kernels/lanes.h"

#ifdef __AVX2__
#include <immintrin.h>
#endif

void bf16_from_floats(const float *x, size_t count, uint16_t *y);
void bf16_to_floats(const uint16_t *x, size_t count, float *y);

typedef uint16_t bf16_vector __attribute__((vector_size(VECTOR * sizeof(uint16_t))));

// The compilers' own conversions between integers take vectors apart.
static inline void bf16_widen(vector_bits *to, const bf16_vector *from)
{
#if defined(__AVX512F__)
    *to = (vector_bits)_mm512_cvtepu16_epi32((__m256i)*from);
#elif defined(__AVX2__)
    *to = (vector_bits)_mm256_cvtepu16_epi32((__m128i)*from);
#else
    *to = __builtin_convertvector(*from, vector_bits);
#endif
}

// Of integers below 2^16.
static inline void bf16_narrow(bf16_vector *to, const vector_bits *from)
{
#if defined(__AVX512F__)
    *to = (bf16_vector)_mm512_cvtepi32_epi16((__m512i)*from);
#elif defined(__AVX2__)
    __m256i whole = (__m256i)*from;
    *to = (bf16_vector)_mm_packus_epi32(_mm256_castsi256_si128(whole),
                                        _mm256_extracti128_si256(whole, 1));
#else
    *to = __builtin_convertvector(*from, bf16_vector);
#endif
}

// vector_load of bf16 numbers; what lies beyond `left` becomes 0.
static inline void bf16_load(vector *to, const uint16_t *x, size_t left)
{
    bf16_vector half;
    if (left >= VECTOR) {
        memcpy(&half, x, sizeof half);
    } else {
        bf16_vector few = {0};
        memcpy(&few, x, left * sizeof *x);
        half = few;
    }
    vector_bits bits;
    bf16_widen(&bits, &half);
    *to = (vector)(bits << 16);
}

static inline void bf16_round(bf16_vector *to, const vector *from)
{
#if defined(__AVX512BF16__)
    *to = (bf16_vector)_mm512_cvtneps_pbh((__m512)*from);
#else
    const vector_bits bits = (vector_bits)*from;
#if defined(__AVX512F__)
    // The integers below, each chosen by masks: half as many instructions.
    const __m512i below = _mm512_set1_epi32(0x7fff), half = _mm512_set1_epi32(0x8000),
                  quiet = _mm512_set1_epi32(0x400000), last = _mm512_set1_epi32(0x10000);
    __mmask16 odd = _mm512_test_epi32_mask((__m512i)bits, last),
              nan = _mm512_cmp_ps_mask((__m512)*from, (__m512)*from, _CMP_UNORD_Q);
    __m512i sum = _mm512_add_epi32((__m512i)bits, below);
    sum = _mm512_mask_add_epi32(sum, odd, (__m512i)bits, half);
    sum = _mm512_mask_or_epi32(sum, nan, (__m512i)bits, quiet);
    const vector_bits result = (vector_bits)_mm512_srli_epi32(sum, 16);
#else
    const vector same = *from; // from which a NaN differs
    const vector_bits nan = (vector_bits)(*from != same);
    const vector_bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    const vector_bits quiet =
        (bits >> 16) | 0x40; // a NaN, which rounding may turn into something else
    const vector_bits result = (nan & quiet) | (~nan & rounded);
#endif
    bf16_narrow(to, &result);
#endif
}

// vector_store of floats as bf16 numbers.
static inline void bf16_store(uint16_t *x, const vector *from, size_t left)
{
    bf16_vector half;
    bf16_round(&half, from);
    if (left >= VECTOR) {
        memcpy(x, &half, sizeof half);
    } else {
        bf16_vector few = half;
        memcpy(x, &few, left * sizeof *x);
    }
}

#endif
