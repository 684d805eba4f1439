// comm/exchange.h -- data that moves between ranks without arithmetic, exact counts, and MPI's own
// sum.
//
// MPI counts in int: what is gathered must lie within 2 GiB a rank (exchange_gather) or in all
// (exchange_gather_sizes); a broadcast may have any size. Nothing is allocated.
#ifndef COMM_EXCHANGE_H
#define COMM_EXCHANGE_H

#include "comm/world.h"

#include <stdint.h>

// Collective. Every rank gives `bytes`; `all` (size * bytes) holds them in the order of ranks, on
// every rank. `mine` may lie at its own place inside `all`.
void exchange_gather(const world *w, const void *mine, size_t bytes, void *all);

// Collective. The same with different sizes: rank r gives bytes[r] (size entries, the same on all
// ranks), laid one after the other in `all`.
void exchange_gather_sizes(const world *w, const void *mine, const size_t *bytes, void *all);

// Collective. `bytes` of rank `root` to every rank.
void exchange_broadcast(const world *w, void *data, size_t bytes, int root);

// Collective. Replaces each of `count` values by its sum over all ranks. Integers, so exact.
void exchange_sum(const world *w, uint64_t *values, int count);

// Collective. `sums` (count) becomes the sum of `values` (count) over all ranks by MPI_Allreduce,
// in whatever order the MPI library likes: what comm/reduce.h is measured against.
void exchange_sum_any_order(const world *w, const float *values, float *sums, int count);

#endif
