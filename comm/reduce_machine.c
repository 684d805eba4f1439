// comm/reduce_machine.c -- the ranks of a machine add their nodes where they are, in shared memory.
//
// Leaves are filled in memory that all ranks of the machine see, so nothing is copied: each rank
// reads its slice of all nodes and writes the sum once for all, block by block, so that sums in the
// making stay in the first-level cache. The sum of the first group of nodes goes to a buffer of its
// own (a rank may already fill its next leaf while others read it), others' to that of their first
// node.
//
//   shared: in which buffers the nodes stand | the sum | buffers of local rank 0 | of rank 1 | ...
#include "comm/reduce_private.h"

#include "base/stream.h"

#include <string.h>

#define BLOCK_FLOATS 2048u // 8 KiB
#define LINE_FLOATS  16u   // two ranks do not write to one cache line

// A sum of so many floats (4 MB) is written past the caches, which it would leave before anybody
// reads it.
#define STREAM_FLOATS ((size_t)1 << 20)

static int first_leaf(const reduce *r, int local_rank)
{
    return r->v.first + (local_rank - r->w->local_rank) * r->v.count;
}

static int rank_nodes(const reduce *r, int local_rank, tree_node *nodes)
{
    int first = first_leaf(r, local_rank);
    return tree_split(first, first + r->v.count, nodes);
}

static size_t table_bytes(const reduce_machine *m)
{
    return arena_padded((size_t)m->node_count * sizeof *m->node_buffers);
}

// Buffer 0 is the sum.
static float *buffer_at(const reduce_machine *m, int buffer)
{
    return (float *)(void *)(m->memory.base + table_bytes(m) + (size_t)buffer * m->stride);
}

void reduce_machine_plan(reduce *r)
{
    reduce_machine *m = &r->machine;
    int machine_first = first_leaf(r, 0), depth = 0;
    m->stride = arena_padded((r->capacity > 0 ? r->capacity : 1) * sizeof(float));
    m->buffer_count = 1;
    for (int rank = 0; rank < r->w->local_size; rank++) {
        if (rank == r->w->local_rank) {
            m->own_buffer = m->buffer_count;
            m->own_node = m->node_count;
        }
        int first = first_leaf(r, rank), nodes = rank_nodes(r, rank, NULL);
        int open = tree_split(machine_first, first, NULL) + nodes; // at most
        if (open > depth) depth = open;
        m->buffer_count += tree_sums(first, first + r->v.count);
        m->node_count += nodes;
    }
    m->scratch_floats = (size_t)(depth + 1) * BLOCK_FLOATS;
}

size_t reduce_machine_bytes(const reduce *r)
{
    const reduce_machine *m = &r->machine;
    size_t nodes = (size_t)m->node_count;
    return arena_padded((nodes + TREE_NODES_MAX) * sizeof *m->nodes) +
           arena_padded(nodes * sizeof *m->sources) + arena_padded(nodes * sizeof *m->standing) +
           arena_padded(nodes * sizeof *m->steps) +
           arena_padded(m->scratch_floats * sizeof *m->scratch);
}

bool reduce_machine_share(reduce *r)
{
    reduce_machine *m = &r->machine;
    size_t first = table_bytes(m) + (size_t)m->own_buffer * m->stride;
    size_t bytes = (size_t)r->buffer_count * m->stride;
    if (r->w->local_rank == 0) {
        bytes += first;
        first = 0;
    }
    size_t all = table_bytes(m) + (size_t)m->buffer_count * m->stride;
    if (!machine_memory_create(&m->memory, r->w, all, first, bytes)) return false;
    m->node_buffers = (int *)(void *)m->memory.base;
    for (int i = 0; i < r->buffer_count; i++)
        r->spare[i] = buffer_at(m, m->own_buffer + i);
    return true;
}

// Which nodes of ranks make which node of the machine.
static void group_nodes(reduce *r)
{
    reduce_machine *m = &r->machine;
    tree_node wholes[TREE_NODES_MAX];
    int node = 0;
    m->group_count = reduce_member_nodes(r, r->member, wholes);
    for (int group = 0; group < m->group_count; group++) {
        long end = (long)(wholes[group].index + 1) << wholes[group].level;
        m->groups[group].first = node;
        while (node < m->node_count && (long)m->nodes[node].index << m->nodes[node].level < end)
            node++;
        m->groups[group].count = node - m->groups[group].first;
    }
    // On a single machine nobody else joins the nodes that have no siblings.
    if (r->members == 1) {
        m->group_count = 1;
        m->groups[0].count = m->node_count;
    }
}

void reduce_machine_bind(reduce *r)
{
    reduce_machine *m = &r->machine;
    size_t count = (size_t)m->node_count;
    m->nodes = arena_take(&r->memory, (count + TREE_NODES_MAX) * sizeof *m->nodes);
    m->sources = arena_take(&r->memory, count * sizeof *m->sources);
    m->standing = arena_take(&r->memory, count * sizeof *m->standing);
    m->steps = arena_take(&r->memory, count * sizeof *m->steps);
    m->scratch = arena_take(&r->memory, m->scratch_floats * sizeof *m->scratch);
    int node = 0;
    for (int rank = 0; rank < r->w->local_size; rank++)
        node += rank_nodes(r, rank, m->nodes + node);
    group_nodes(r);
    for (int group = 0; group < m->group_count; group++) {
        const machine_group *g = &m->groups[group];
        tree_order(m->nodes + g->first, g->count, m->steps + g->first);
    }
}

// Local rank j does the j-th slice.
static size_t slice_start(const reduce *r, int local_rank)
{
    size_t lines = (r->count + LINE_FLOATS - 1) / LINE_FLOATS;
    size_t at = lines * (size_t)local_rank / (size_t)r->w->local_size * LINE_FLOATS;
    return at < r->count ? at : r->count;
}

void reduce_machine_open(reduce *r)
{
    reduce_machine *m = &r->machine;
    for (int node = 0; node < r->node_count; node++) {
        ptrdiff_t bytes = (unsigned char *)r->sums[node] - (unsigned char *)buffer_at(m, 0);
        m->node_buffers[m->own_node + node] = (int)(bytes / (ptrdiff_t)m->stride);
    }
    machine_memory_meet(&m->memory);
    for (int node = 0; node < m->node_count; node++)
        m->sources[node] = buffer_at(m, m->node_buffers[node]);
    for (int group = 0; group < m->group_count; group++)
        r->parts[group] = group == 0 ? buffer_at(m, 0) : m->sources[m->groups[group].first];
    r->part_count = m->group_count;
    r->own.first = slice_start(r, r->w->local_rank);
    r->own.count = slice_start(r, r->w->local_rank + 1) - r->own.first;
}

static void add(float *into, const float *left, const float *right, size_t count, bool stream)
{
    if (into == left)
        tree_add(into, right, count);
    else if (stream)
        tree_stream_sum(into, left, right, count);
    else
        tree_add_into(into, left, right, count);
}

// One block, from float `first`, of a group's nodes; `sum` is where their sum goes, if `stream`
// past the caches.
static void add_block(reduce_machine *m, const machine_group *g, float *sum, size_t first,
                      size_t count, bool stream)
{
    for (int node = g->first; node < g->first + g->count; node++)
        m->standing[node] = m->sources[node] + first;
    const float **standing = m->standing + g->first;
    for (int i = 0; i < g->count - 1; i++) {
        tree_step step = m->steps[g->first + i];
        bool last = i == g->count - 2;
        float *into = last ? sum + first : m->scratch + (size_t)step.depth * BLOCK_FLOATS;
        add(into, standing[step.left], standing[step.right], count, stream && last);
        standing[step.left] = into;
    }
    if (standing[0] != sum + first) memcpy(sum + first, standing[0], count * sizeof *sum);
}

void reduce_machine_add(reduce *r, reduce_range range)
{
    reduce_machine *m = &r->machine;
    bool stream = r->schedule == NULL && r->count >= STREAM_FLOATS;
    for (size_t done = 0; done < range.count; done += BLOCK_FLOATS) {
        size_t left = range.count - done, count = left < BLOCK_FLOATS ? left : BLOCK_FLOATS;
        for (int group = 0; group < m->group_count; group++)
            add_block(m, &m->groups[group], r->parts[group], range.first + done, count, stream);
    }
    if (stream) stream_end();
}
