// comm/reduce_halving.c -- recursive halving with the nearest rank first, then a mirrored allgather.
//
// P = 2^k ranks hold one node each, all of one level. In step s (distance 2^s) two ranks hold two
// siblings over the same range; each sends the other one half of it and adds the half it keeps,
// which makes that half of the parent. After k steps each rank has 1/P of the root. The same way
// back, without adding, gives the whole root to all.
//   source: Rabenseifner 2004 (far first there; near first keeps the order of the tree)
#include "comm/reduce_private.h"

typedef struct range {
    size_t first, end; // floats of the sum
} range;

// What `rank` keeps of a bucket after `steps` halvings: bit s of the rank says which half.
static range kept_range(const reduce_bucket *b, int rank, int steps)
{
    range kept = {b->start, b->start + b->count};
    for (int step = 0; step < steps; step++) {
        size_t middle = kept.first + (kept.end - kept.first) / 2;
        if ((rank >> step & 1) == 1)
            kept.first = middle;
        else
            kept.end = middle;
    }
    return kept;
}

// Stages 0 .. k-1 halve, in steps 0 .. k-1; stages k .. 2k-1 gather, in steps k-1 .. 0.
static bool stage_gathers(const reduce *r, const reduce_bucket *b)
{
    return b->stage >= r->stage_count / 2;
}

static int stage_step(const reduce *r, const reduce_bucket *b)
{
    return stage_gathers(r, b) ? r->stage_count - 1 - b->stage : b->stage;
}

static void halving_plan(reduce *r)
{
    int steps = 0;
    while (1 << steps < r->w->size)
        steps++;
    r->stage_count = 2 * steps;
    r->bucket_floats = r->count < REDUCE_BUCKET_FLOATS ? r->count : REDUCE_BUCKET_FLOATS;
    r->incoming_floats = (r->bucket_floats + 1) / 2;
    r->request_capacity = 2;
}

static void halving_post(reduce *r, reduce_bucket *b)
{
    int step = stage_step(r, b), partner = r->w->rank ^ (1 << step);
    range own = kept_range(b, r->w->rank, step + 1), other = kept_range(b, partner, step + 1);
    range sent = other, received = own;
    float *into = b->incoming;
    if (stage_gathers(r, b)) {
        sent = own;
        received = other;
        into = r->sums[0] + other.first;
    }
    MPI_Irecv(into, (int)(received.end - received.first), MPI_FLOAT, partner, 0, r->w->private->all,
              &b->requests[0]);
    MPI_Isend(r->sums[0] + sent.first, (int)(sent.end - sent.first), MPI_FLOAT, partner, 0,
              r->w->private->all, &b->requests[1]);
    b->request_count = 2;
}

static void halving_add(reduce *r, reduce_bucket *b)
{
    if (stage_gathers(r, b)) return;
    range own = kept_range(b, r->w->rank, stage_step(r, b) + 1);
    // Where the partner is the left sibling this is right + left, which is the same number: IEEE
    // addition commutes (it is not associative, and that is what the tree is for).
    tree_add(r->sums[0] + own.first, b->incoming, own.end - own.first);
}

const reduce_schedule reduce_halving = {
    .plan = halving_plan,
    .post = halving_post,
    .add = halving_add,
};
