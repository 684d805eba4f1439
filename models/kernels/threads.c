// models/kernels/threads.c -- how many threads the kernels of this process use.
#include "models/kernels/threads.h"

#include <cblas.h>

// Of libgomp, the runtime that oneDNN and OpenBLAS run on. A compiler's own omp.h may belong to
// another one (clang's does), whose threads are not theirs.
void omp_set_num_threads(int count);

void kernels_set_threads(int count)
{
    omp_set_num_threads(count);
    openblas_set_num_threads(count);
}
