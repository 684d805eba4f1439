// models/kernels/ceilings.h -- what one core of this machine can do at most, measured: the numbers
// that benches hold a kernel against.
#ifndef MODELS_KERNELS_CEILINGS_H
#define MODELS_KERNELS_CEILINGS_H

#include "base/status.h"

typedef struct ceilings {
    double flops; // float32 operations a second, two a multiply-add, all in registers
    double bytes; // a second of y = x + y on arrays far larger than the caches: 12 for each element
} ceilings;

// Takes about a second and, while it runs, 256 MB. By the thread's own time. Errors: ST_INTERNAL no
// memory.
status ceilings_measure(ceilings *c);

#endif
