// models/kernels/threads.h -- how many threads the kernels of this process use.
#ifndef MODELS_KERNELS_THREADS_H
#define MODELS_KERNELS_THREADS_H

#include <stddef.h>

// Sets OpenMP's and OpenBLAS's threads; before the first call they use every core they see. Call it
// before a graph is built: its kernels are planned for the number, which is also part of what fixes
// the bits of a result. count >= 1.
void kernels_set_threads(int count);

// What was set.
int kernels_threads(void);

// A part [first, end) of a piece of work, done by one of `threads` threads.
typedef void kernels_work(void *context, size_t thread, size_t first, size_t end);

// Shares 0 .. count-1 out to so many threads, in order and evenly, and returns when all is done.
// OpenMP may give fewer threads than wanted; each has its own number below `threads`.
void kernels_share(size_t threads, size_t count, kernels_work *work, void *context);

#endif
