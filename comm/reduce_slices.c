// comm/reduce_slices.c -- each member adds up one slice of all nodes, for any number of them.
//
// A member's leaves may be several nodes of the tree, and its nodes may have their siblings on both
// neighbours. So the bucket is cut in slices; in stage 0 each member gets its slice of every node
// from every member and adds them in the order of the tree; in stage 1 it gives the sum to all. The
// sums of the own slice are made in place: nobody else is sent that part of them.
#include "comm/reduce_private.h"

#include <string.h>

enum { STAGE_COLLECT, STAGE_SPREAD, STAGE_COUNT };

#define SLICE_FLOATS_MIN 4096u    // 16 KiB, under which a message costs more than its bytes; but
#define BUCKET_MOST      1048576u // memory does not grow with the members beyond 256

static reduce_range slice_of(const reduce *r, const reduce_bucket *b, int member)
{
    size_t members = (size_t)r->members, at = (size_t)member;
    size_t first = b->range.count * at / members, end = b->range.count * (at + 1) / members;
    return (reduce_range){b->range.first + first, end - first};
}

static void slices_plan(reduce *r)
{
    size_t members = (size_t)r->members, bucket = SLICE_FLOATS_MIN * members;
    if (bucket < REDUCE_BUCKET_FLOATS) bucket = REDUCE_BUCKET_FLOATS;
    if (bucket > BUCKET_MOST) bucket = BUCKET_MOST;
    if (bucket > r->count) bucket = r->count;
    int own = reduce_member_nodes(r, r->member, NULL);
    r->all_count = 0;
    for (int member = 0; member < r->members; member++)
        r->all_count += reduce_member_nodes(r, member, NULL);

    size_t all = (size_t)r->all_count;
    r->stage_count = STAGE_COUNT;
    r->bucket_floats = bucket;
    r->incoming_floats = all * ((bucket + members - 1) / members);
    r->request_capacity = r->all_count - own + (r->members - 1) * own;
    r->table_bytes = arena_padded((members + 1) * sizeof *r->first_node) +
                     arena_padded(all * sizeof *r->steps) + arena_padded(all * sizeof *r->slices) +
                     arena_padded((all + TREE_NODES_MAX) * sizeof(tree_node));
}

static void slices_bind(reduce *r)
{
    size_t members = (size_t)r->members, all = (size_t)r->all_count;
    r->first_node = arena_take(&r->memory, (members + 1) * sizeof *r->first_node);
    r->steps = arena_take(&r->memory, all * sizeof *r->steps);
    r->slices = arena_take(&r->memory, all * sizeof *r->slices);
    tree_node *nodes = arena_take(&r->memory, (all + TREE_NODES_MAX) * sizeof *nodes);
    int count = 0;
    for (int member = 0; member < r->members; member++) {
        r->first_node[member] = count;
        count += reduce_member_nodes(r, member, nodes + count);
    }
    r->first_node[r->members] = count;
    tree_order(nodes, count, r->steps);
}

// Where the own slice of a node of another member is received.
static float *incoming_slice(const reduce_bucket *b, reduce_range own, int node)
{
    return b->incoming + (size_t)node * own.count;
}

static void post_receive(const reduce *r, reduce_bucket *b, float *into, size_t count, int from)
{
    MPI_Irecv(into, (int)count, MPI_FLOAT, reduce_rank_of(r, from), 0, r->w->private->all,
              &b->requests[b->request_count++]);
}

static void post_send(const reduce *r, reduce_bucket *b, const float *data, size_t count, int to)
{
    MPI_Isend(data, (int)count, MPI_FLOAT, reduce_rank_of(r, to), 0, r->w->private->all,
              &b->requests[b->request_count++]);
}

static void slices_post(reduce *r, reduce_bucket *b)
{
    int members = r->members, member = r->member;
    reduce_range own = slice_of(r, b, member);
    b->request_count = 0;
    // Each begins with its neighbours, so that not all send to member 0 first.
    for (int distance = 1; distance < members; distance++) {
        int from = (member + members - distance) % members, to = (member + distance) % members;
        reduce_range theirs = slice_of(r, b, to);
        if (b->stage == STAGE_COLLECT) {
            for (int node = r->first_node[from]; node < r->first_node[from + 1]; node++)
                post_receive(r, b, incoming_slice(b, own, node), own.count, from);
            for (int node = 0; node < r->part_count; node++)
                post_send(r, b, r->parts[node] + theirs.first, theirs.count, to);
        } else {
            reduce_range received = slice_of(r, b, from);
            post_receive(r, b, r->parts[0] + received.first, received.count, from);
            post_send(r, b, r->parts[0] + own.first, own.count, to);
        }
    }
}

static void slices_add(reduce *r, reduce_bucket *b)
{
    if (b->stage != STAGE_COLLECT) return;
    reduce_range own = slice_of(r, b, r->member);
    int first_own = r->first_node[r->member];
    for (int node = 0; node < r->all_count; node++)
        r->slices[node] = incoming_slice(b, own, node);
    for (int node = 0; node < r->part_count; node++)
        r->slices[first_own + node] = r->parts[node] + own.first;

    for (int step = 0; step < r->all_count - 1; step++)
        tree_add(r->slices[r->steps[step].left], r->slices[r->steps[step].right], own.count);
    float *sum = r->parts[0] + own.first;
    if (r->slices[0] != sum) memcpy(sum, r->slices[0], own.count * sizeof *sum);
}

const reduce_schedule reduce_slices = {
    .plan = slices_plan,
    .bind = slices_bind,
    .post = slices_post,
    .add = slices_add,
};
