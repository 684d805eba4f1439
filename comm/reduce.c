// comm/reduce.c -- own leaves become whole nodes of the tree; then buckets of the nodes follow each
// other through the schedule that adds the nodes of all ranks.
#include "comm/reduce_private.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

static bool is_power_of_two(int number)
{
    return (number & (number - 1)) == 0;
}

static const reduce_schedule *schedule_for(const workers *v, int size)
{
    bool one_node_a_rank = is_power_of_two(v->count) && is_power_of_two(size);
    return one_node_a_rank && size > 1 ? &reduce_halving : &reduce_slices;
}

static size_t planned_bytes(const reduce *r)
{
    size_t lane = arena_padded(r->incoming_floats * sizeof(float)) +
                  arena_padded((size_t)r->request_capacity * sizeof(MPI_Request));
    return (size_t)r->buffer_count * arena_padded(r->capacity * sizeof(float)) +
           REDUCE_LANES * lane + r->table_bytes;
}

static void bind_memory(reduce *r)
{
    for (int i = 0; i < r->buffer_count; i++)
        r->spare[i] = arena_take(&r->memory, r->capacity * sizeof(float));
    r->spare_count = r->buffer_count;
    for (int i = 0; i < REDUCE_LANES; i++) {
        reduce_bucket *b = &r->lanes[i];
        b->incoming = arena_take(&r->memory, r->incoming_floats * sizeof(float));
        b->requests = arena_take(&r->memory, (size_t)r->request_capacity * sizeof(MPI_Request));
    }
    if (r->schedule->bind != NULL) r->schedule->bind(r);
}

status reduce_create(reduce **created, const world *w, const workers *v, size_t count)
{
    ASSERT(v->count >= 1 && v->count * w->size == v->total && v->first == w->rank * v->count);
    *created = NULL;
    reduce *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory for a sum over workers");
    r->w = w;
    r->v = *v;
    r->capacity = r->count = count;
    r->buffer_count = tree_sums(v->first, v->first + v->count);
    r->schedule = schedule_for(v, w->size);
    r->schedule->plan(r);
    status allocated = arena_create(&r->memory, planned_bytes(r), "the sum over workers");
    if (allocated != ST_OK) {
        free(r);
        return allocated;
    }
    bind_memory(r);
    *created = r;
    return ST_OK;
}

void reduce_resize(reduce *r, size_t count)
{
    ASSERT(count <= r->capacity && r->leaf == NULL && r->pushed == 0);
    r->count = count;
}

float *reduce_leaf(reduce *r)
{
    ASSERT(r->leaf == NULL && r->pushed < r->v.count);
    r->leaf = r->spare[--r->spare_count];
    memset(r->leaf, 0, r->count * sizeof *r->leaf);
    return r->leaf;
}

void reduce_push(reduce *r)
{
    ASSERT(r->leaf != NULL);
    tree_node node = {.level = 0, .index = r->v.first + r->pushed++};
    float *sum = r->leaf;
    r->leaf = NULL;
    while (r->node_count > 0 && tree_siblings(r->nodes[r->node_count - 1], node)) {
        float *left = r->sums[--r->node_count];
        tree_add(left, sum, r->count);
        r->spare[r->spare_count++] = sum;
        sum = left;
        node = tree_parent(node);
    }
    r->nodes[r->node_count] = node;
    r->sums[r->node_count++] = sum;
}

// Starts the bucket's stage, or when it was the last, the first stage of the next bucket.
static void bucket_post(reduce *r, reduce_bucket *b)
{
    if (b->stage == r->stage_count) {
        if (r->next == r->count) return;
        size_t left = r->count - r->next;
        b->start = r->next;
        b->count = left < r->bucket_floats ? left : r->bucket_floats;
        b->stage = 0;
        r->next += b->count;
    }
    r->schedule->post(r, b);
}

static void bucket_advance(reduce *r, reduce_bucket *b, double *wait_seconds)
{
    double before = clock_seconds();
    MPI_Waitall(b->request_count, b->requests, MPI_STATUSES_IGNORE);
    *wait_seconds += clock_seconds() - before;

    r->schedule->add(r, b);
    b->stage++;

    before = clock_seconds();
    bucket_post(r, b);
    *wait_seconds += clock_seconds() - before;
}

const float *reduce_finish(reduce *r, double *wait_seconds)
{
    ASSERT(r->leaf == NULL && r->pushed == r->v.count);
    r->next = 0;
    for (int i = 0; i < REDUCE_LANES; i++) {
        r->lanes[i].stage = r->stage_count;
        bucket_post(r, &r->lanes[i]);
    }
    // Taking turns: while one bucket is added the messages of the other are under way.
    for (int busy = REDUCE_LANES; busy > 0;) {
        busy = 0;
        for (int i = 0; i < REDUCE_LANES; i++) {
            if (r->lanes[i].stage == r->stage_count) continue;
            bucket_advance(r, &r->lanes[i], wait_seconds);
            busy++;
        }
    }
    const float *sum = r->sums[0];
    while (r->node_count > 0)
        r->spare[r->spare_count++] = r->sums[--r->node_count];
    r->pushed = 0;
    return sum;
}

void reduce_destroy(reduce *r)
{
    if (r == NULL) return;
    arena_destroy(&r->memory);
    free(r);
}
