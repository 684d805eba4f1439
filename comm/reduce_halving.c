// comm/reduce_halving.c -- recursive halving with the nearest rank first, then a mirrored
// allgather.
//
// M = 2^k members hold one node each, all of one level. In step s (distance 2^s) two members hold
// two siblings over the same range; each sends the other one half of it and adds the half it keeps,
// which makes that half of the parent. After k steps each member has 1/M of the root. The same way
// back, without adding, gives the whole root to all.
//   source: Rabenseifner 2004 (far first there; near first keeps the order of the tree)
#include "comm/reduce_private.h"

// What `member` keeps of a bucket after `steps` halvings: bit s of its number says which half.
static reduce_range kept_range(const reduce_bucket *b, int member, int steps)
{
    reduce_range kept = b->range;
    for (int step = 0; step < steps; step++) {
        size_t half = kept.count / 2;
        if ((member >> step & 1) == 1) {
            kept.first += half;
            kept.count -= half;
        } else {
            kept.count = half;
        }
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
    while (1 << steps < r->members)
        steps++;
    r->stage_count = 2 * steps;
    r->bucket_floats = r->count < REDUCE_BUCKET_FLOATS ? r->count : REDUCE_BUCKET_FLOATS;
    r->incoming_floats = (r->bucket_floats + 1) / 2;
    r->request_capacity = 2;
}

static void halving_post(reduce *r, reduce_bucket *b)
{
    int step = stage_step(r, b), partner = r->member ^ (1 << step);
    int rank = reduce_rank_of(r, partner);
    reduce_range own = kept_range(b, r->member, step + 1);
    reduce_range other = kept_range(b, partner, step + 1), sent = other, received = own;
    float *into = b->incoming;
    if (stage_gathers(r, b)) {
        sent = own;
        received = other;
        into = r->parts[0] + other.first;
    }
    MPI_Irecv(into, (int)received.count, MPI_FLOAT, rank, 0, r->w->private->all, &b->requests[0]);
    MPI_Isend(r->parts[0] + sent.first, (int)sent.count, MPI_FLOAT, rank, 0, r->w->private->all,
              &b->requests[1]);
    b->request_count = 2;
}

static void halving_add(reduce *r, reduce_bucket *b)
{
    if (stage_gathers(r, b)) return;
    reduce_range own = kept_range(b, r->member, stage_step(r, b) + 1);
    // Where the partner is the left sibling this is right + left, which is the same number: IEEE
    // addition commutes (it is not associative, and that is what the tree is for).
    tree_add(r->parts[0] + own.first, b->incoming, own.count);
}

const reduce_schedule reduce_halving = {
    .plan = halving_plan,
    .post = halving_post,
    .add = halving_add,
};
