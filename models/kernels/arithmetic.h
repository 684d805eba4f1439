// models/kernels/arithmetic.h -- how the products of a net's large operations are formed: where speed is
// bought with rounding errors.
#ifndef MODELS_KERNELS_ARITHMETIC_H
#define MODELS_KERNELS_ARITHMETIC_H

#include <stdbool.h>

typedef enum convolution_way {
    CONVOLUTION_AUTO,   // what is fastest, by a fixed rule on shapes (never by a measurement, which
                        // would let bits depend on the moment)
    CONVOLUTION_DIRECT, // as the definition says, for the smallest rounding errors
    CONVOLUTION_WINOGRAD // fewer multiplications, with larger rounding errors, where there is such a
                         // kernel (3x3, stride 1); else direct
} convolution_way;

#define CONVOLUTION_WAYS "auto|direct|winograd" // names, in this order

typedef struct arithmetic {
    convolution_way way;
    // Operands may be rounded to bf16 (8 bits of precision), and images kept so; sums are float32.
    bool bf16;
} arithmetic;

#endif
