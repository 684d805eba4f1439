// tests/bench/scaling/simulator.h -- included before everything that is compiled for SMPI, whose
// ranks are threads of one process: it says so (MPI_THREAD_SINGLE), and runs only one of them at a
// time.
#include <mpi.h>
#undef MPI_THREAD_FUNNELED
#define MPI_THREAD_FUNNELED MPI_THREAD_SINGLE
