// comm/reduce_private.h -- what the files of the reducer share. Only comm/reduce*.c include this.
//
//   reduce.c            local part of the tree; buckets that follow each other through a schedule
//   reduce_halving.c    schedule: recursive halving, when each rank holds one node and P = 2^k
//   reduce_slices.c     schedule: slices, for any V and P, also for a single rank
//   reduce_tree.c       the shape of the tree
#ifndef COMM_REDUCE_PRIVATE_H
#define COMM_REDUCE_PRIVATE_H

#include "comm/reduce.h"
#include "comm/reduce_tree.h"
#include "comm/world_private.h"

#include "base/arena.h"

#define REDUCE_LANES         2       // buckets in flight: one is added while the other travels
#define REDUCE_BUCKET_FLOATS 262144u // 1 MiB stays in the second-level cache

// A piece of the sum on its way through the stages of the schedule.
typedef struct reduce_bucket {
    size_t start, count;   // which floats of the sum
    int stage;             // 0 .. stage_count-1; stage_count: nothing is under way
    float *incoming;       // (incoming_floats) sums of other ranks
    MPI_Request *requests; // (request_capacity)
    int request_count;     // of this stage
} reduce_bucket;

// A way to add the nodes of all ranks. Every rank runs the same stages of the same buckets in the
// same order, so messages between two ranks match by their order.
typedef struct reduce_schedule {
    // Sets stage_count, bucket_floats, incoming_floats, request_capacity and table_bytes.
    void (*plan)(reduce *r);
    // Takes table_bytes from r->memory and fills them; NULL when there is no table.
    void (*bind)(reduce *r);
    // Starts the messages of the bucket's stage.
    void (*post)(reduce *r, reduce_bucket *b);
    // Called when they have all arrived and left: the arithmetic of the stage.
    void (*add)(reduce *r, reduce_bucket *b);
} reduce_schedule;

extern const reduce_schedule reduce_halving, reduce_slices;

struct reduce {
    const world *w;
    workers v;
    size_t capacity; // floats of the largest leaf
    size_t count;    // floats of the leaves of this sum
    arena memory;    // everything below that is a pointer

    // The local part: own leaves as they come make whole nodes of the tree.
    float *spare[TREE_NODES_MAX]; // buffers of `count` floats that hold nothing
    int spare_count, buffer_count;
    float *leaf;                     // handed out by reduce_leaf, or NULL
    int pushed;                      // leaves so far
    tree_node nodes[TREE_NODES_MAX]; // open nodes in order of leaves
    float *sums[TREE_NODES_MAX]; // (count) each; the sum over all leaves comes to lie in sums[0]
    int node_count;

    // The part of all ranks.
    const reduce_schedule *schedule;
    int stage_count, request_capacity;
    size_t bucket_floats, incoming_floats, table_bytes;
    reduce_bucket lanes[REDUCE_LANES];
    size_t next; // first float that no bucket has taken yet

    // Tables of reduce_slices.
    int all_count;    // nodes of all ranks
    int *first_node;  // (size + 1) where each rank's nodes start among all
    tree_step *steps; // (all_count - 1)
    float **slices;   // (all_count) where this rank's slice of each node lies
};

#endif
