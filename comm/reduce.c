// comm/reduce.c -- own leaves become whole nodes of the tree; then buckets of the nodes follow each
// other through the schedule that adds the nodes of all members.
#include "comm/agree.h"
#include "comm/reduce_private.h"

#include "base/clock.h"
#include "base/pulse.h"

#include <stdlib.h>
#include <string.h>

static bool is_power_of_two(int number)
{
    return (number & (number - 1)) == 0;
}

// Collective. Who adds what: by machine where its ranks share memory, else by rank.
static void find_members(reduce *r)
{
    const world *w = r->w;
    r->members = w->size;
    r->member = w->rank;
    if (!w->private->even || w->local_size == 1 || !w->private->may_share) return;
    reduce_machine_plan(r);
    r->shares = reduce_machine_share(r);
    if (!r->shares) return;
    r->members = w->size / w->local_size;
    r->member = w->rank / w->local_size;
}

// NULL when the machine's own part is all there is to do.
static const reduce_schedule *schedule_for(const reduce *r)
{
    if (r->shares && r->members == 1) return NULL;
    bool one_node_a_member =
        is_power_of_two(r->v.total / r->members) && is_power_of_two(r->members);
    return one_node_a_member && r->members > 1 ? &reduce_halving : &reduce_slices;
}

static size_t planned_bytes(const reduce *r)
{
    size_t bytes = r->table_bytes;
    if (r->shares)
        bytes += reduce_machine_bytes(r);
    else
        bytes += (size_t)r->buffer_count * arena_padded(r->capacity * sizeof(float));
    return bytes + REDUCE_LANES * (arena_padded(r->incoming_floats * sizeof(float)) +
                                   arena_padded((size_t)r->request_capacity * sizeof(MPI_Request)));
}

static void bind_memory(reduce *r)
{
    if (r->shares) {
        reduce_machine_bind(r);
    } else {
        for (int i = 0; i < r->buffer_count; i++)
            r->spare[i] = arena_take(&r->memory, r->capacity * sizeof(float));
    }
    for (int i = 0; i < REDUCE_LANES; i++) {
        reduce_bucket *b = &r->lanes[i];
        b->incoming = arena_take(&r->memory, r->incoming_floats * sizeof(float));
        b->requests = arena_take(&r->memory, (size_t)r->request_capacity * sizeof(MPI_Request));
    }
    if (r->schedule != NULL && r->schedule->bind != NULL) r->schedule->bind(r);
}

// Collective. Same status on all ranks.
static status create(reduce *r)
{
    r->spare_count = r->buffer_count = tree_sums(r->v.first, r->v.first + r->v.count);
    find_members(r);
    r->schedule = schedule_for(r);
    if (r->schedule != NULL) r->schedule->plan(r);
    TRY(agree(r->w, arena_create(&r->memory, planned_bytes(r), "the sum over workers")));
    bind_memory(r);
    return ST_OK;
}

status reduce_create(reduce **created, const world *w, const workers *v, size_t count)
{
    ASSERT(v->count >= 1 && v->count * w->size == v->total && v->first == w->rank * v->count);
    reduce *r = *created = calloc(1, sizeof *r);
    status made =
        agree(w, r != NULL ? ST_OK : failure(ST_INTERNAL, "no memory for a sum over workers"));
    if (r != NULL && made == ST_OK) {
        *r = (reduce){.w = w, .v = *v, .capacity = count, .count = count};
        made = create(r);
    }
    if (made != ST_OK) {
        reduce_destroy(r);
        *created = NULL;
    }
    return made;
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

// Takes the next floats that no bucket has yet; false when there are none.
static bool bucket_refill(reduce *r, reduce_bucket *b)
{
    size_t left = r->own.first + r->own.count - r->next;
    if (left == 0) return false;
    b->range = (reduce_range){r->next, left < r->bucket_floats ? left : r->bucket_floats};
    b->stage = 0;
    r->next += b->range.count;
    if (r->shares) reduce_machine_add(r, b->range);
    return true;
}

static void bucket_post(reduce *r, reduce_bucket *b, double *wait_seconds)
{
    double before = clock_seconds();
    r->schedule->post(r, b);
    *wait_seconds += clock_seconds() - before;
}

// Ends the bucket's stage and starts the next one, or when it was the last, the first stage of the
// next bucket.
static void bucket_advance(reduce *r, reduce_bucket *b, double *wait_seconds)
{
    double since = pulse_wait_begin();
    MPI_Waitall(b->request_count, b->requests, MPI_STATUSES_IGNORE);
    *wait_seconds += pulse_wait_end(since, "sum");

    r->schedule->add(r, b);
    b->stage++;
    if (b->stage < r->stage_count || bucket_refill(r, b)) bucket_post(r, b, wait_seconds);
}

// Collective over the ranks that have the same part of the sum.
static void add_members(reduce *r, double *wait_seconds)
{
    r->next = r->own.first;
    for (int i = 0; i < REDUCE_LANES; i++) {
        r->lanes[i].stage = r->stage_count;
        if (bucket_refill(r, &r->lanes[i])) bucket_post(r, &r->lanes[i], wait_seconds);
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
}

// Collective over the machine.
static void add_machine(reduce *r, double *wait_seconds)
{
    double since = pulse_wait_begin();
    reduce_machine_open(r);
    *wait_seconds += pulse_wait_end(since, "open sum");
    if (r->schedule == NULL)
        reduce_machine_add(r, r->own);
    else
        add_members(r, wait_seconds);
    since = pulse_wait_begin();
    machine_memory_meet(&r->machine.memory);
    *wait_seconds += pulse_wait_end(since, "close sum");
}

const float *reduce_finish(reduce *r, double *wait_seconds)
{
    ASSERT(r->leaf == NULL && r->pushed == r->v.count);
    if (r->shares) {
        add_machine(r, wait_seconds);
    } else {
        memcpy(r->parts, r->sums, sizeof r->parts);
        r->part_count = r->node_count;
        r->own = (reduce_range){0, r->count};
        add_members(r, wait_seconds);
    }
    while (r->node_count > 0)
        r->spare[r->spare_count++] = r->sums[--r->node_count];
    r->pushed = 0;
    return r->parts[0];
}

void reduce_destroy(reduce *r)
{
    if (r == NULL) return;
    machine_memory_destroy(&r->machine.memory);
    arena_destroy(&r->memory);
    free(r);
}
