// models/kernels/threads.h -- how many threads the kernels of this process use.
#ifndef MODELS_KERNELS_THREADS_H
#define MODELS_KERNELS_THREADS_H

// Sets OpenMP's and OpenBLAS's threads; before the first call they use every core they see. Call it
// before a graph is built: its kernels are planned for the number, which is also part of what fixes
// the bits of a result. count >= 1.
void kernels_set_threads(int count);

#endif
