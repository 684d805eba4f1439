// io/images/colour_row.c -- a register of pixels at a time, for AVX-512 and AVX2. What compilers
// make of the plain loop (io/views/window.c) moves bytes for most of its time.
//
// Bytes are dealt to the quarters of a register (of 16 bytes), four pixels each; then one shuffle
// in the quarters picks a channel's bytes and widens them to integers. A division by 255 takes
// several times as long as three operations that give the same bits: the remainder of the first
// quotient corrects it (Markstein 1990).
#include "io/images/colour_row.h"

#if defined(__FMA__) && (defined(__AVX512BW__) || (defined(__AVX2__) && !defined(__AVX512F__)))
#include <immintrin.h>

// Four pixels' bytes of channel c, each before three zeros, of 12 bytes from `skip` on.
static inline __m128i picks(int c, int skip)
{
    char at = (char)(c + skip);
    return _mm_setr_epi8(at, -1, -1, -1, (char)(at + 3), -1, -1, -1, (char)(at + 6), -1, -1, -1,
                         (char)(at + 9), -1, -1, -1);
}

#ifdef __AVX512BW__

#define GROUP 16 // pixels

static inline void convert_channel(__m512i dealt, int c, float *to)
{
    const __m512 one = _mm512_set1_ps(255.0f), inverse = _mm512_set1_ps(1.0f / 255.0f);
    const __m512i channel = _mm512_shuffle_epi8(dealt, _mm512_broadcast_i32x4(picks(c, 0)));
    __m512 x = _mm512_cvtepi32_ps(channel), nearly = _mm512_mul_ps(x, inverse);
    _mm512_storeu_ps(to, _mm512_fmadd_ps(_mm512_fnmadd_ps(nearly, one, x), inverse, nearly));
}

static inline void convert_group(const uint8_t *pixels, float *rows, size_t stride)
{
    const __m512i quarters = _mm512_setr_epi32(0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11);
    __m512i dense = _mm512_maskz_loadu_epi8(((__mmask64)1 << (3 * GROUP)) - 1, pixels);
    __m512i dealt = _mm512_permutexvar_epi32(quarters, dense);
    for (int c = 0; c < 3; c++)
        convert_channel(dealt, c, rows + (size_t)c * stride);
}

#else

#define GROUP 8 // pixels

static inline void convert_channel(__m256i dealt, int c, float *to)
{
    const __m256 one = _mm256_set1_ps(255.0f), inverse = _mm256_set1_ps(1.0f / 255.0f);
    const __m256i channel = _mm256_shuffle_epi8(dealt, _mm256_set_m128i(picks(c, 4), picks(c, 0)));
    __m256 x = _mm256_cvtepi32_ps(channel), nearly = _mm256_mul_ps(x, inverse);
    _mm256_storeu_ps(to, _mm256_fmadd_ps(_mm256_fnmadd_ps(nearly, one, x), inverse, nearly));
}

// Of 24 bytes, the first 16 and the last 16.
static inline void convert_group(const uint8_t *pixels, float *rows, size_t stride)
{
    __m256i dealt = _mm256_set_m128i(_mm_loadu_si128((const __m128i *)(const void *)(pixels + 8)),
                                     _mm_loadu_si128((const __m128i *)(const void *)pixels));
    for (int c = 0; c < 3; c++)
        convert_channel(dealt, c, rows + (size_t)c * stride);
}

#endif

// The last group begins earlier, so that it is whole.
bool colour_row(const uint8_t *pixels, int count, float *rows, size_t stride)
{
    if (count < GROUP) return false;
    for (int i = 0; i < count; i += GROUP) {
        size_t first = (size_t)(i + GROUP <= count ? i : count - GROUP);
        convert_group(pixels + 3 * first, rows + first, stride);
    }
    return true;
}

#else

bool colour_row(const uint8_t *pixels, int count, float *rows, size_t stride)
{
    (void)pixels, (void)count, (void)rows, (void)stride;
    return false;
}

#endif
