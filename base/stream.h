// base/stream.h -- stores that go past the caches: for arrays larger than these, which an ordinary
// store would first read. Where the processor has none they are ordinary stores.
//
// Such stores are seen by others in no order: call stream_end after the last one, before telling
// anybody.
#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/vector.h"

#include <string.h>

#ifdef __SSE2__
#include <immintrin.h>
#endif

// to: on VECTOR floats.
static inline void stream_store(float *to, const vector *from)
{
#if defined(__AVX512F__)
    _mm512_stream_ps(to, (__m512)*from);
#elif defined(__AVX__)
    _mm256_stream_ps(to, (__m256)*from);
#elif defined(__SSE2__)
    _mm_stream_ps(to, (__m128)*from);
#else
    memcpy(to, from, sizeof *from);
#endif
}

static inline void stream_end(void)
{
#ifdef __SSE2__
    _mm_sfence();
#endif
}

#endif
