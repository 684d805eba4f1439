// base/processor.c -- is compiled for the oldest processor, so that it runs on any
// (base/CMakeLists.txt).
#include "base/processor.h"

#include <stdbool.h>
#include <stddef.h>

#ifdef __x86_64__

#define HAS(name) (__builtin_cpu_supports(name) != 0)

const char *processor_lacks(unsigned needs)
{
    __builtin_cpu_init();
    const struct {
        const char *name;
        unsigned need;
        bool is_there;
    } sets[] = {
        {"AVX", PROCESSOR_AVX, HAS("avx")},
        {"AVX2", PROCESSOR_AVX2, HAS("avx2") && HAS("fma") && HAS("bmi") && HAS("bmi2")},
        {"AVX-512", PROCESSOR_AVX512,
         HAS("avx512f") && HAS("avx512cd") && HAS("avx512dq") && HAS("avx512bw") &&
             HAS("avx512vl")},
        {"AVX-512 VBMI", PROCESSOR_AVX512_VBMI,
         HAS("avx512ifma") && HAS("avx512vbmi") && HAS("avx512vbmi2") && HAS("avx512vnni") &&
             HAS("avx512bitalg") && HAS("avx512vpopcntdq")},
        {"AVX-512 BF16", PROCESSOR_AVX512_BF16, HAS("avx512bf16")},
    };
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if ((needs & sets[i].need) != 0 && !sets[i].is_there) return sets[i].name;
    return NULL;
}

#else

const char *processor_lacks(unsigned needs)
{
    (void)needs;
    return NULL;
}

#endif
