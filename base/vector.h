// base/vector.h -- as many floats as one register of the processor holds, for loops that keep sums
// in registers: gcc 12 takes a wider vector apart into single floats.
//
// GCC's and clang's vector extension: arithmetic acts on each float, and compiles for any
// processor. Load and store by memcpy, which is one move. Pass vectors by pointer: by value the ABI
// depends on the processor.
#ifndef BASE_VECTOR_H
#define BASE_VECTOR_H

#if defined(__AVX512F__)
#define VECTOR 16
#elif defined(__AVX__)
#define VECTOR 8
#else
#define VECTOR 4
#endif

typedef float vector __attribute__((vector_size(VECTOR * sizeof(float))));

// A function of which the compiler must know an argument, so that it becomes code of its own for
// each.
#define ALWAYS_INLINE static inline __attribute__((always_inline))

// Before a loop that must become straight code, so that its array stays in registers.
#ifdef __clang__
#define UNROLLED _Pragma("clang loop unroll(full)")
#else
#define UNROLLED _Pragma("GCC unroll 24")
#endif

#endif
