// models/kernels/arithmetic.h -- how the products of a net's large operations are formed: where
// speed is bought with rounding errors.
#ifndef MODELS_KERNELS_ARITHMETIC_H
#define MODELS_KERNELS_ARITHMETIC_H

#include <stdbool.h>

typedef enum convolution_way {
    CONVOLUTION_AUTO,   // what is fastest, by a fixed rule on shapes (never by a measurement, which
                        // would let bits depend on the moment)
    CONVOLUTION_DIRECT, // as the definition says, for the smallest rounding errors
    CONVOLUTION_WINOGRAD // fewer multiplications, larger rounding errors, where there is such a
                         // kernel (3x3, stride 1); else direct
} convolution_way;

#define CONVOLUTION_WAYS "auto|direct|winograd" // names, in this order

// Who multiplies rounded operands. The two behind the first are for tests: what is planned and run
// on one kind of processor is planned and run on each, by plain kernels where fast ones are
// missing.
typedef enum bf16_products {
    BF16_BY_PROCESSOR, // bf16 numbers where it has instructions for them, else floats
    BF16_NEVER,        // floats
    BF16_ALWAYS        // bf16 numbers
} bf16_products;

typedef struct arithmetic {
    convolution_way way;
    // Operands may be rounded to bf16 (8 bits of precision), and images kept so; sums are float32.
    bool bf16;
    bf16_products products;
    int block; // the widest channel block of images: 1, 8 or 16; 0: what the processor likes
} arithmetic;

#endif
