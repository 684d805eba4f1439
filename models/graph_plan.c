// models/graph_plan.c -- where every tensor lies: lives become places in one arena.
//
// Time runs over the nodes forward (0 .. N-1) and then backward (node i at 2N-1-i). A value lives
// from the node that makes it to its last reader, forward or backward; a gradient from the last
// consumer's backward pass, which writes it, to that of the node that made the value. Pieces whose lives do not overlap may share bytes: the largest
// piece is placed first, each at the lowest offset free for its whole life. Own workers that run in
// lockstep have such a layout each, one behind the other; what lives beyond a node is theirs in
// common.
#include "models/graph_private.h"

#include <stdlib.h>

typedef struct piece {
    size_t bytes, offset;
    int first, last; // times, inclusive
    void **place;    // receives the address
} piece;

typedef struct layout {
    piece *pieces;
    int count;
    size_t bytes; // of all
} layout;

static void add_piece(layout *l, size_t bytes, int first, int last, void **place)
{
    if (bytes == 0) return;
    l->pieces[l->count++] = (piece){arena_padded(bytes), 0, first, last, place};
}

static int backward_time(const graph *g, int node)
{
    return 2 * g->node_count - 1 - node;
}

// The last moment somebody reads the tensor's value.
static int last_read(const graph *g, const graph_tensor *t)
{
    if (t->kept) return 2 * g->node_count;
    int last = t->node;
    for (int i = 0; i < t->consumer_count; i++) {
        const graph_node *consumer = &g->nodes[t->consumers[i]];
        if (t->consumers[i] > last) last = t->consumers[i];
        if (!consumer->learns) continue;
        for (int k = 0; k < consumer->plan.input_count; k++) {
            bool reads =
                &g->tensors[consumer->inputs[k]] == t && consumer->plan.backward_reads_input[k];
            int time = backward_time(g, t->consumers[i]);
            if (reads && time > last) last = time;
        }
    }
    const graph_node *maker = &g->nodes[t->node];
    if (maker->learns && maker->plan.backward_reads_output) last = backward_time(g, t->node);
    return last;
}

static void plan_tensor(graph *g, graph_tensor *t, layout *l)
{
    size_t bytes = tensor_bytes(t->shape, t->bf16);
    if (t->node >= 0) add_piece(l, bytes, t->node, last_read(g, t), &g->nodes[t->node].out);
    if (!t->wants_gradient) return;
    // A pass that starts here, at a tensor with consumers, runs none of them: then the seed is
    // written earlier than `first`, but nothing of that time is in use.
    int readers = t->consumer_count;
    int first = readers > 0 ? backward_time(g, t->consumers[readers - 1]) : g->node_count;
    int last = t->node >= 0 ? backward_time(g, t->node) : 2 * g->node_count;
    add_piece(l, bytes, first, last, &t->gradient);
    if (readers < 2) return;
    add_piece(l, bytes, backward_time(g, t->consumers[readers - 2]),
              backward_time(g, t->consumers[0]), &t->beside);
}

static int larger_first(const void *a, const void *b)
{
    const piece *left = a, *right = b;
    if (left->bytes != right->bytes) return left->bytes < right->bytes ? 1 : -1;
    return left->first != right->first ? left->first - right->first : left->last - right->last;
}

// Lowest offset at which piece `index` meets none of the pieces placed before it.
static size_t free_offset(const layout *l, int index)
{
    const piece *p = &l->pieces[index];
    size_t offset = 0;
    for (bool moved = true; moved;) {
        moved = false;
        for (int i = 0; i < index; i++) {
            const piece *other = &l->pieces[i];
            bool together = other->first <= p->last && p->first <= other->last;
            bool overlap =
                other->offset < offset + p->bytes && offset < other->offset + other->bytes;
            if (together && overlap) {
                offset = other->offset + other->bytes;
                moved = true;
            }
        }
    }
    return offset;
}

static void place_all(layout *l)
{
    qsort(l->pieces, (size_t)l->count, sizeof *l->pieces, larger_first);
    for (int i = 0; i < l->count; i++) {
        piece *p = &l->pieces[i];
        p->offset = free_offset(l, i);
        if (p->offset + p->bytes > l->bytes) l->bytes = p->offset + p->bytes;
    }
}

// Lays out one worker's tensors.
static void plan_worker(graph *g, layout *l)
{
    for (int i = 0; i < g->node_count; i++) {
        graph_node *node = &g->nodes[i];
        add_piece(l, node->plan.saved_bytes, i, node->learns ? backward_time(g, i) : i,
                  &node->saved);
    }
    for (int i = 0; i < g->tensor_count; i++)
        plan_tensor(g, &g->tensors[i], l);
    place_all(l);
}

// What the workers have in common.
typedef struct shared_bytes {
    size_t packed;  // of all nodes
    size_t scratch; // the most of a node
    size_t part;    // the most that one worker brings to a meeting
    size_t total;   // the most that a meeting gives
} shared_bytes;

static void widen(size_t *most, size_t bytes)
{
    if (bytes > *most) *most = bytes;
}

static void count_meeting(graph *g, const op_meeting *m, shared_bytes *shared)
{
    if (m->floats == 0) return;
    g->meets = true;
    widen(&shared->part, m->floats * sizeof(float));
    widen(&shared->total, (m->gather ? (size_t)g->team.total : 1) * m->floats * sizeof(float));
    if (!m->gather) g->team.expect(g->team.state, m->floats);
}

static shared_bytes count_shared(graph *g)
{
    shared_bytes shared = {0};
    for (int i = 0; i < g->node_count; i++) {
        const op_plan *p = &g->nodes[i].plan;
        shared.packed += arena_padded(p->packed_bytes);
        widen(&shared.scratch, p->scratch_bytes);
        count_meeting(g, &p->forward_meeting, &shared);
        if (g->nodes[i].learns) count_meeting(g, &p->backward_meeting, &shared);
    }
    g->workers = g->meets ? g->team.count : 1;
    shared.part *= (size_t)g->workers;
    return shared;
}

static void bind_memory(graph *g, const layout *l, const shared_bytes *shared)
{
    g->worker_bytes = l->bytes;
    unsigned char *base = arena_take(&g->memory, (size_t)g->workers * l->bytes);
    for (int i = 0; i < l->count; i++)
        *l->pieces[i].place = base + l->pieces[i].offset;
    for (int i = 0; i < g->node_count; i++)
        g->nodes[i].packed = arena_take(&g->memory, g->nodes[i].plan.packed_bytes);
    g->scratch = arena_take(&g->memory, shared->scratch);
    g->parts = arena_take(&g->memory, shared->part);
    g->total = arena_take(&g->memory, shared->total);
}

// Memory for `bytes`: that of the host's activations, if it is enough.
static status take_memory(graph *g, const graph *host, size_t bytes)
{
    size_t lent = host != NULL ? (size_t)host->workers * host->worker_bytes : 0;
    g->within = host != NULL && bytes <= lent;
    if (!g->within) return arena_create(&g->memory, bytes, "activations and gradients");
    g->memory = (arena){.base = host->memory.base, .capacity = bytes};
    return ST_OK;
}

static status place_in_arena(graph *g, const graph *host, layout *l)
{
    shared_bytes shared = count_shared(g);
    plan_worker(g, l);
    size_t bytes = (size_t)g->workers * l->bytes + shared.packed + arena_padded(shared.scratch) +
                   arena_padded(shared.part) + arena_padded(shared.total);
    TRY(take_memory(g, host, bytes));
    bind_memory(g, l, &shared);
    return ST_OK;
}

status graph_plan(graph *g)
{
    return graph_plan_within(g, NULL);
}

status graph_plan_within(graph *g, const graph *host)
{
    TRY(g->error);
    ASSERT(g->memory.base == NULL);
    layout l = {0};
    size_t most = (size_t)g->node_count + 3 * (size_t)g->tensor_count;
    l.pieces = calloc(most, sizeof *l.pieces);
    CHECK(l.pieces != NULL, ST_INTERNAL, "no memory for a graph");
    status s = place_in_arena(g, host, &l);
    free(l.pieces);
    TRY(s);
    g->provided = calloc((size_t)g->workers * (size_t)g->tensor_count, sizeof *g->provided);
    CHECK(g->provided != NULL, ST_INTERNAL, "no memory for a graph");
    return ST_OK;
}

size_t graph_bytes(const graph *g)
{
    return g->memory.capacity;
}

static void print_line(FILE *out, const char *name, const char *operation, shape s, size_t params,
                       size_t bytes)
{
    char sizes[64];
    snprintf(sizes, sizeof sizes, "%d x %d x %d x %d", s.n, s.c, s.h, s.w);
    fprintf(out, "%-28s %-12s %-22s %10zu %10.1f\n", name, operation, sizes, params,
            (double)bytes * 1e-3);
}

void graph_print(const graph *g, FILE *out)
{
    fprintf(out, "%-28s %-12s %-22s %10s %10s\n", "name", "operation", "output", "parameters",
            "kB");
    for (int i = 0; i < g->tensor_count; i++) {
        const graph_tensor *t = &g->tensors[i];
        size_t bytes = tensor_bytes(t->shape, t->bf16), params = 0;
        if (t->node < 0) {
            print_line(out, t->name, "input", t->shape, 0, bytes);
            continue;
        }
        const graph_node *node = &g->nodes[t->node];
        for (int p = 0; p < node->plan.param_count; p++)
            params += g->params.items[node->first_param + p].count;
        bytes += node->plan.saved_bytes + node->plan.packed_bytes;
        print_line(out, node->name, node->op->name, t->shape, params, bytes);
    }
    fprintf(out, "%zu parameters, %zu running statistics, %.1f MB of memory\n", g->params.floats,
            g->statistics.floats, (double)g->memory.capacity * 1e-6);
}
