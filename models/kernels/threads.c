// models/kernels/threads.c -- how many threads the kernels of this process use.
#include "models/kernels/threads.h"

#include <cblas.h>

// Of libgomp, the runtime that oneDNN and OpenBLAS run on. A compiler's own omp.h and pragmas may
// belong to another one (clang's do), whose threads are not theirs.
void omp_set_num_threads(int count);
int omp_get_max_threads(void);
int omp_get_num_threads(void);
int omp_get_thread_num(void);
void GOMP_parallel(void (*work)(void *), void *context, unsigned threads, unsigned flags);

void kernels_set_threads(int count)
{
    omp_set_num_threads(count);
    openblas_set_num_threads(count);
}

int kernels_threads(void)
{
    return omp_get_max_threads();
}

typedef struct shared_work {
    kernels_work *work;
    void *context;
    size_t count;
} shared_work;

// What one thread does.
static void take_part(void *context)
{
    const shared_work *s = context;
    size_t threads = (size_t)omp_get_num_threads(), thread = (size_t)omp_get_thread_num();
    s->work(s->context, thread, s->count * thread / threads, s->count * (thread + 1) / threads);
}

void kernels_share(size_t threads, size_t count, kernels_work *work, void *context)
{
    shared_work s = {work, context, count};
    if (threads == 1)
        work(context, 0, 0, count);
    else
        GOMP_parallel(take_part, &s, (unsigned)threads, 0);
}
