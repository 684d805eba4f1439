// trainer/bench.h -- what `basin bench NAME ...` is: one file in trainer/benches/, one line in
// benches.def.
//
// A bench prints one table: what, size, time (a median), rate, and the share of the ceiling
// (models/kernels/ceilings.h) measured in the same call.
#ifndef TRAINER_BENCH_H
#define TRAINER_BENCH_H

#include "comm/world.h"

#define BENCH_MOST_REPEATS 1000

typedef struct bench_type {
    const char *name;
    const char *usage; // what follows the name: "JOB.yaml [--steps N] [key=value ...]"
    const char *help;  // one line for the list of benches
    // Collective: all ranks call it with the same words (argv[0] is the first word after the name).
    // Returns the same status on all ranks, its message already printed by agree().
    status (*run)(const world *w, int argc, char **argv);
} bench_type;

#endif
