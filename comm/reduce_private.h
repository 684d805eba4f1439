// comm/reduce_private.h -- what the files of the reducer share. Only comm/reduce*.c include this.
//
//   reduce.c            own leaves become nodes; buckets that follow each other through a schedule
//   reduce_machine.c    nodes of the ranks of one machine become nodes of the machine
//   reduce_halving.c    schedule: recursive halving, when each member holds one node and they are
//                       2^k
//   reduce_slices.c     schedule: slices, for any number of workers and members, also for one
//   reduce_members.c    who holds which nodes
//   reduce_tree.c       the shape of the tree
//
// A member is a machine, or where the ranks of a machine do not share memory, a rank. The ranks of
// a machine have one slice of the sum each, which they add up and exchange with the ranks of the
// same place on other machines; so what goes over the network is the same as with one rank a
// machine.
#ifndef COMM_REDUCE_PRIVATE_H
#define COMM_REDUCE_PRIVATE_H

#include "comm/machine_memory.h"
#include "comm/reduce.h"
#include "comm/reduce_tree.h"
#include "comm/world_private.h"

#include "base/arena.h"

#define REDUCE_LANES         2       // buckets in flight: one is added while the other travels
#define REDUCE_BUCKET_FLOATS 262144u // 1 MiB stays in the second-level cache

// A run of floats of the sum.
typedef struct reduce_range {
    size_t first, count;
} reduce_range;

// A piece of the sum on its way through the stages of the schedule.
typedef struct reduce_bucket {
    reduce_range range;
    int stage;             // 0 .. stage_count-1; stage_count: nothing is under way
    float *incoming;       // (incoming_floats) sums of other members
    MPI_Request *requests; // (request_capacity)
    int request_count;     // of this stage
} reduce_bucket;

// A way to add the nodes of all members. Each runs the same stages of the same buckets in the same
// order, so messages between two ranks match by their order.
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

// Nodes of ranks that make one node of their machine (or the root, on a single machine).
typedef struct machine_group {
    int first, count; // among the machine's nodes of ranks; count - 1 steps from the first's number
} machine_group;

// The part of one machine (reduce_machine.c).
typedef struct reduce_machine {
    machine_memory memory;
    size_t stride;                        // bytes from one buffer to the next
    int buffer_count, own_buffer;         // of its ranks, and which is this rank's first
    int node_count, own_node;             // nodes of its ranks, and which is this rank's first
    machine_group groups[TREE_NODES_MAX]; // nodes of the machine
    int group_count;
    tree_node *nodes;       // (node_count) of all its ranks
    int *node_buffers;      // (node_count) shared: in which buffer each node stands
    float **sources;        // (node_count) where that is
    const float **standing; // (node_count) where the sum that began with the node stands by now
    tree_step *steps;       // (node_count)
    float *scratch;         // (scratch_floats) sums in the making, a block each
    size_t scratch_floats;
} reduce_machine;

struct reduce {
    const world *w;
    workers v;
    size_t capacity; // floats of the largest leaf
    size_t count;    // floats of the leaves of this sum
    arena memory;    // everything below that is a pointer, but what the ranks of a machine share

    // The local part: own leaves as they come make whole nodes of the tree.
    float *spare[TREE_NODES_MAX]; // buffers of `count` floats that hold nothing
    int spare_count, buffer_count;
    float *leaf;                     // handed out by reduce_leaf, or NULL
    int pushed;                      // leaves so far
    tree_node nodes[TREE_NODES_MAX]; // open nodes in order of leaves
    float *sums[TREE_NODES_MAX];     // (count) each
    int node_count;

    // The part of the machine.
    bool shares; // by shared memory
    reduce_machine machine;

    // The part of all members.
    int members, member; // their number, and this one
    float
        *parts[TREE_NODES_MAX]; // (count) nodes of this member; the whole comes to lie in parts[0]
    int part_count;
    reduce_range own; // what this rank does of it
    const reduce_schedule *schedule;
    int stage_count, request_capacity;
    size_t bucket_floats, incoming_floats, table_bytes;
    reduce_bucket lanes[REDUCE_LANES];
    size_t next; // first float that no bucket has taken yet

    // Tables of reduce_slices.
    int all_count;    // nodes of all members
    int *first_node;  // (members + 1) where each member's nodes start among all
    tree_step *steps; // (all_count - 1)
    float **slices;   // (all_count) where this member's slice of each node lies
};

// Whole nodes of the tree that `member` holds. `nodes` (TREE_NODES_MAX) may be NULL.
int reduce_member_nodes(const reduce *r, int member, tree_node *nodes);

// The rank of `member` that does what this rank does.
int reduce_rank_of(const reduce *r, int member);

// Sizes, also that of r->machine's tables, reduce_machine_bytes of r->memory.
void reduce_machine_plan(reduce *r);
size_t reduce_machine_bytes(const reduce *r);

// Collective. The buffers for leaves, in memory that the machine shares; false, on all ranks alike,
// when there is none.
bool reduce_machine_share(reduce *r);

// Takes and fills the tables.
void reduce_machine_bind(reduce *r);

// Collective over the machine. Tells the others which buffers hold the own nodes. After that
// r->parts are the machine's nodes, still to be added, and r->own what this rank does of them.
void reduce_machine_open(reduce *r);

// Adds the machine's nodes over a range of r->own.
void reduce_machine_add(reduce *r, reduce_range range);

#endif
