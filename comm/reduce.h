// comm/reduce.h -- the exact sum over logical workers: same bits on any number of ranks.
//
//   for each own worker:  leaf = reduce_leaf() ─> backward fills it ─> reduce_push()
//   reduce_finish() ─> every rank holds the sum over all V leaves, added in the order of one tree
//
// The tree: leaves 0 .. V-1; the node at level l, index i is the sum of its two children at level
// l-1, left + right, in float32; a child that lies wholly beyond V is absent and adds nothing (not
// even +0). A rank's own leaves make whole nodes of it, at most two of each level. The ranks of a
// machine add theirs in shared memory, each a slice, in one pass without copies (reduce_machine.c;
// by messages where they cannot share it). Between machines each rank goes on with its slice: when
// machines and their leaves are powers of two, by recursive halving with the nearest first, which
// adds each element in tree order (reduce_halving.c); otherwise it collects a slice of every node
// and adds them in tree order (reduce_slices.c). Both end with an allgather.
//   source: Rabenseifner 2004 for the bandwidth; the order is ours. docs/ARCHITECTURE.md
//
// Memory a rank: log2(V/P) + 1 leaves (up to twice that when V/P is no power of two); one more leaf
// a machine of several ranks, for the sum; and between machines a few MiB, for the sum goes through
// them in buckets of 1 MiB, two at a time: one travels while the other is added.
//
// The bits are the same on all ranks always, and for all P except that the sign and payload of a
// NaN are open.
#ifndef COMM_REDUCE_H
#define COMM_REDUCE_H

#include "comm/workers.h"

typedef struct reduce reduce;

// Collective. For leaves of `count` floats (any number, also 0); owns all its buffers, nothing is
// allocated later. The world must outlive it. All ranks use their reducers in the same order.
// Errors, the same on all ranks and printed: ST_INTERNAL, ST_CONFIG when there is not enough
// memory.
status reduce_create(reduce **created, const world *w, const workers *v, size_t count);

// The next sums are of `count` floats, at most as many as the reducer was made for. Between two
// sums; the same on all ranks.
void reduce_resize(reduce *r, size_t count);

// A zeroed buffer of `count` floats (64-byte aligned) for the next own worker, in order.
float *reduce_leaf(reduce *r);

// Adds the leaf to the tree; its buffer is the reducer's again.
void reduce_push(reduce *r);

// Collective. After all own leaves were pushed; then the next sum may begin. Returns the sum (count
// floats, same bits on all ranks), valid until the next reduce_leaf. *wait_seconds grows by the
// time spent waiting for other ranks.
const float *reduce_finish(reduce *r, double *wait_seconds);

void reduce_destroy(reduce *r);

#endif
