// comm/reduce_slices.c -- each rank adds up one slice of all nodes, for any V and P.
//
// A rank's leaves may be several nodes of the tree, and its nodes may have their siblings on both
// neighbours. So the bucket is cut in P slices; in stage 0 each rank gets its slice of every node
// from every rank and adds them in the order of the tree; in stage 1 it gives the sum to all. The
// sums of the own slice are made in place: nobody else is sent that part of them.
#include "comm/reduce_private.h"

#include <string.h>

enum { STAGE_COLLECT, STAGE_SPREAD, STAGE_COUNT };

#define SLICE_FLOATS_MIN 4096u // 16 KiB, under which a message costs more than its bytes

typedef struct slice {
    size_t first, count; // floats of the sum
} slice;

static slice slice_of(const reduce *r, const reduce_bucket *b, int rank)
{
    size_t size = (size_t)r->w->size, at = (size_t)rank;
    size_t first = b->count * at / size, end = b->count * (at + 1) / size;
    return (slice){b->start + first, end - first};
}

static int rank_nodes(const reduce *r, int rank, tree_node *nodes)
{
    return tree_split(rank * r->v.count, (rank + 1) * r->v.count, nodes);
}

static void slices_plan(reduce *r)
{
    size_t size = (size_t)r->w->size, bucket = SLICE_FLOATS_MIN * size;
    if (bucket < REDUCE_BUCKET_FLOATS) bucket = REDUCE_BUCKET_FLOATS;
    if (bucket > r->count) bucket = r->count;
    int own = rank_nodes(r, r->w->rank, NULL);
    r->all_count = 0;
    for (int rank = 0; rank < r->w->size; rank++)
        r->all_count += rank_nodes(r, rank, NULL);

    size_t all = (size_t)r->all_count;
    r->stage_count = STAGE_COUNT;
    r->bucket_floats = bucket;
    r->incoming_floats = all * ((bucket + size - 1) / size);
    r->request_capacity = r->all_count - own + (r->w->size - 1) * own;
    r->table_bytes = arena_padded((size + 1) * sizeof *r->first_node) +
                     arena_padded(all * sizeof *r->steps) + arena_padded(all * sizeof *r->slices) +
                     arena_padded((all + TREE_NODES_MAX) * sizeof(tree_node));
}

static void slices_bind(reduce *r)
{
    size_t size = (size_t)r->w->size, all = (size_t)r->all_count;
    r->first_node = arena_take(&r->memory, (size + 1) * sizeof *r->first_node);
    r->steps = arena_take(&r->memory, all * sizeof *r->steps);
    r->slices = arena_take(&r->memory, all * sizeof *r->slices);
    tree_node *nodes = arena_take(&r->memory, (all + TREE_NODES_MAX) * sizeof *nodes);
    int count = 0;
    for (int rank = 0; rank < r->w->size; rank++) {
        r->first_node[rank] = count;
        count += rank_nodes(r, rank, nodes + count);
    }
    r->first_node[r->w->size] = count;
    tree_order(nodes, count, r->steps);
}

// Where the own slice of a node of another rank is received.
static float *incoming_slice(const reduce_bucket *b, slice own, int node)
{
    return b->incoming + (size_t)node * own.count;
}

static void post_receive(const reduce *r, reduce_bucket *b, float *into, size_t count, int from)
{
    MPI_Irecv(into, (int)count, MPI_FLOAT, from, 0, r->w->private->all,
              &b->requests[b->request_count++]);
}

static void post_send(const reduce *r, reduce_bucket *b, const float *data, size_t count, int to)
{
    MPI_Isend(data, (int)count, MPI_FLOAT, to, 0, r->w->private->all,
              &b->requests[b->request_count++]);
}

static void slices_post(reduce *r, reduce_bucket *b)
{
    int size = r->w->size, rank = r->w->rank;
    slice own = slice_of(r, b, rank);
    b->request_count = 0;
    // Each rank begins with its neighbours, so that not all send to rank 0 first.
    for (int distance = 1; distance < size; distance++) {
        int from = (rank + size - distance) % size, to = (rank + distance) % size;
        slice theirs = slice_of(r, b, to);
        if (b->stage == STAGE_COLLECT) {
            for (int node = r->first_node[from]; node < r->first_node[from + 1]; node++)
                post_receive(r, b, incoming_slice(b, own, node), own.count, from);
            for (int node = 0; node < r->node_count; node++)
                post_send(r, b, r->sums[node] + theirs.first, theirs.count, to);
        } else {
            slice received = slice_of(r, b, from);
            post_receive(r, b, r->sums[0] + received.first, received.count, from);
            post_send(r, b, r->sums[0] + own.first, own.count, to);
        }
    }
}

static void slices_add(reduce *r, reduce_bucket *b)
{
    if (b->stage != STAGE_COLLECT) return;
    slice own = slice_of(r, b, r->w->rank);
    int first_own = r->first_node[r->w->rank];
    for (int node = 0; node < r->all_count; node++)
        r->slices[node] = incoming_slice(b, own, node);
    for (int node = 0; node < r->node_count; node++)
        r->slices[first_own + node] = r->sums[node] + own.first;

    for (int step = 0; step < r->all_count - 1; step++)
        tree_add(r->slices[r->steps[step].left], r->slices[r->steps[step].right], own.count);
    float *sum = r->sums[0] + own.first;
    if (r->slices[0] != sum) memcpy(sum, r->slices[0], own.count * sizeof *sum);
}

const reduce_schedule reduce_slices = {
    .plan = slices_plan,
    .bind = slices_bind,
    .post = slices_post,
    .add = slices_add,
};
