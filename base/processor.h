// base/processor.h -- has this processor the instructions that the program was compiled with?
//
// Without the question a program that was compiled on one kind of node ends on another by a signal
// that says nothing.
#ifndef BASE_PROCESSOR_H
#define BASE_PROCESSOR_H

enum {
    PROCESSOR_AVX = 1,
    PROCESSOR_AVX2 = 2,        // with FMA, BMI and BMI2
    PROCESSOR_AVX512 = 4,      // F with CD, DQ, BW and VL
    PROCESSOR_AVX512_VBMI = 8, // with VBMI2, IFMA, VNNI, BITALG and VPOPCNTDQ
    PROCESSOR_AVX512_BF16 = 16
};

// What the file that includes this was compiled with.
static const unsigned processor_needs = 0
#ifdef __AVX__
                                        | PROCESSOR_AVX
#endif
#ifdef __AVX2__
                                        | PROCESSOR_AVX2
#endif
#ifdef __AVX512F__
                                        | PROCESSOR_AVX512
#endif
#ifdef __AVX512VBMI2__
                                        | PROCESSOR_AVX512_VBMI
#endif
#ifdef __AVX512BF16__
                                        | PROCESSOR_AVX512_BF16
#endif
    ;

// The first of `needs` that this processor has not, as a person would call it; NULL: it has all.
// Static text.
const char *processor_lacks(unsigned needs);

#endif
