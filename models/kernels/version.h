// models/kernels/version.h -- which libraries and instructions compute the kernels. Two runs whose
// texts are equal (and whose caches are) get the same bits.
#ifndef MODELS_KERNELS_VERSION_H
#define MODELS_KERNELS_VERSION_H

#include <stddef.h>

// "oneDNN 2.6.3, OpenBLAS 0.3.21"; cut off after size - 1 characters.
void kernels_versions(char *text, size_t size);

// The instruction set each library has chosen on this processor: "oneDNN avx512_core, OpenBLAS
// Cooperlake".
void kernels_instruction_set(char *text, size_t size);

#endif
