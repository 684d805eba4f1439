// models/kernels/bf16.h -- numbers of 16 bits with float32's exponent: its upper half, rounded.
//
// Rounding is to the nearest, halves to the even one; a NaN stays one. Numbers below float32's normal
// range may become 0: the processor's instruction does so, the integers here do not.
#ifndef MODELS_KERNELS_BF16_H
#define MODELS_KERNELS_BF16_H

#include "models/kernels/lanes.h"

#ifdef __AVX512F__
#include <immintrin.h>
#endif

void bf16_from_floats(const float *x, size_t count, uint16_t *y);
void bf16_to_floats(const uint16_t *x, size_t count, float *y);

typedef uint16_t bf16_lanes __attribute__((vector_size(LANES * sizeof(uint16_t))));
typedef uint32_t lane_bits __attribute__((vector_size(LANES * sizeof(uint32_t))));

// lanes_load of bf16 numbers; lanes beyond `left` become 0.
static inline void bf16_load(lanes *to, const uint16_t *x, size_t left)
{
    bf16_lanes half;
    if (left >= LANES) {
        memcpy(&half, x, sizeof half);
    } else {
        bf16_lanes few = {0};
        memcpy(&few, x, left * sizeof *x);
        half = few;
    }
#ifdef __AVX512F__
    lane_bits bits = (lane_bits)_mm512_cvtepu16_epi32((__m256i)half);
#else
    lane_bits bits = __builtin_convertvector(half, lane_bits);
#endif
    *to = (lanes)(bits << 16);
}

static inline void bf16_round(bf16_lanes *to, const lanes *from)
{
#ifdef __AVX512BF16__
    *to = (bf16_lanes)_mm512_cvtneps_pbh((__m512)*from);
#elif defined(__AVX512F__)
    // The integers below, a lane's choice by masks: half as many instructions.
    const __m512i bits = (__m512i)*from, below = _mm512_set1_epi32(0x7fff),
                  half = _mm512_set1_epi32(0x8000), quiet = _mm512_set1_epi32(0x400000);
    __mmask16 odd = _mm512_test_epi32_mask(bits, _mm512_set1_epi32(0x10000)),
              nan = _mm512_cmp_ps_mask((__m512)*from, (__m512)*from, _CMP_UNORD_Q);
    __m512i sum = _mm512_mask_add_epi32(_mm512_add_epi32(bits, below), odd, bits, half);
    sum = _mm512_mask_or_epi32(sum, nan, bits, quiet);
    *to = (bf16_lanes)_mm512_cvtepi32_epi16(_mm512_srli_epi32(sum, 16));
#else
    lane_bits bits = (lane_bits)*from;
    lane_bits rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
    lane_bits quiet = (bits >> 16) | 0x40; // a NaN, which rounding may turn into something else
    const lanes same = *from;              // from which a NaN differs
    lane_bits nan = (lane_bits)(*from != same);
    *to = __builtin_convertvector((nan & quiet) | (~nan & rounded), bf16_lanes);
#endif
}

// lanes_store of floats as bf16 numbers.
static inline void bf16_store(uint16_t *x, const lanes *from, size_t left)
{
    bf16_lanes half;
    bf16_round(&half, from);
    if (left >= LANES) {
        memcpy(x, &half, sizeof half);
    } else {
        bf16_lanes few = half;
        memcpy(x, &few, left * sizeof *x);
    }
}

#endif
