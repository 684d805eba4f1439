// models/graph_plan.c -- where every tensor lies: lives become places in one arena.
//
// Time runs over the nodes forward (0 .. N-1) and then backward (node i at 2N-1-i). A value lives
// from the node that makes it to its last reader, forward or backward; a gradient from the last
// consumer's backward pass, which writes it, to that of the node that made the value. An operation
// that works in place takes over its input's memory, and backward its output's gradient's, where
// nobody reads that later. Own workers that run in lockstep have such a layout each, one behind the
// other; what lives beyond a node is theirs in common.
#include "models/graph_layout.h"
#include "models/graph_private.h"

#include <stdlib.h>

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

// Does node i write its value over its first input, which nobody reads later?
static bool value_in_place(const graph *g, const graph_node *node)
{
    const graph_tensor *in = &g->tensors[node->inputs[0]], *out = &g->tensors[node->output];
    return node->op->in_place && in->node >= 0 && shape_equal(in->shape, out->shape) &&
           in->bf16 == out->bf16 && last_read(g, in) == out->node;
}

// Does it write its first input's gradient over that of its output, which nobody reads later?
static bool gradient_in_place(const graph *g, const graph_node *node)
{
    const graph_tensor *in = &g->tensors[node->inputs[0]], *out = &g->tensors[node->output];
    return node->op->in_place && in->wants_gradient && in->consumer_count == 1 &&
           shape_equal(in->shape, out->shape) && in->bf16 == out->bf16;
}

static void plan_value(graph *g, graph_tensor *t, layout *l)
{
    const graph_node *node = &g->nodes[t->node];
    const graph_tensor *in = &g->tensors[node->inputs[0]];
    int last = last_read(g, t);
    t->pieces.saved = layout_add(l, node->plan.saved_bytes, t->node,
                                 node->learns ? backward_time(g, t->node) : t->node);
    if (value_in_place(g, node)) {
        t->pieces.value = in->pieces.value;
        layout_extend(l, t->pieces.value, last);
    } else {
        t->pieces.value = layout_add(l, tensor_bytes(t->shape, t->bf16), t->node, last);
    }
}

// The last moment somebody reads the tensor's gradient.
static int last_gradient(const graph *g, const graph_tensor *t)
{
    return t->node >= 0 ? backward_time(g, t->node) : 2 * g->node_count;
}

static void plan_gradient(graph *g, graph_tensor *t, layout *l)
{
    if (!t->wants_gradient) return;
    size_t bytes = tensor_bytes(t->shape, t->bf16);
    int readers = t->consumer_count;
    const graph_node *reader = readers == 1 ? &g->nodes[t->consumers[0]] : NULL;
    if (reader != NULL && reader->inputs[0] == (int)(t - g->tensors) &&
        gradient_in_place(g, reader)) {
        t->pieces.gradient = g->tensors[reader->output].pieces.gradient;
        layout_extend(l, t->pieces.gradient, last_gradient(g, t));
        return;
    }
    // A pass that starts here, at a tensor with consumers, runs none of them: then the seed is
    // written earlier than `first`, but nothing of that time is in use.
    int first = readers > 0 ? backward_time(g, t->consumers[readers - 1]) : g->node_count;
    t->pieces.gradient = layout_add(l, bytes, first, last_gradient(g, t));
    if (readers < 2) return;
    t->pieces.beside = layout_add(l, bytes, backward_time(g, t->consumers[readers - 2]),
                                  backward_time(g, t->consumers[0]));
}

// Lays out one worker's tensors. Of values, those that others are written over come first, of
// gradients last.
static void plan_worker(graph *g, layout *l)
{
    for (int i = 0; i < g->tensor_count; i++) {
        graph_tensor *t = &g->tensors[i];
        t->pieces = (tensor_pieces){-1, -1, -1, -1};
        if (t->node >= 0) plan_value(g, t, l);
    }
    for (int i = g->tensor_count - 1; i >= 0; i--)
        plan_gradient(g, &g->tensors[i], l);
    layout_place(l);
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

static void bind_tensor(graph *g, graph_tensor *t, const layout *l, unsigned char *base)
{
    t->gradient = layout_address(l, t->pieces.gradient, base);
    t->beside = layout_address(l, t->pieces.beside, base);
    if (t->node < 0) return;
    g->nodes[t->node].out = layout_address(l, t->pieces.value, base);
    g->nodes[t->node].saved = layout_address(l, t->pieces.saved, base);
}

static void bind_memory(graph *g, const layout *l, const shared_bytes *shared)
{
    g->worker_bytes = l->bytes;
    unsigned char *base = arena_take(&g->memory, (size_t)g->workers * l->bytes);
    for (int i = 0; i < g->tensor_count; i++)
        bind_tensor(g, &g->tensors[i], l, base);
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
    layout l;
    status s = layout_create(&l, PIECES_OF_A_TENSOR * g->tensor_count);
    if (s == ST_OK) s = place_in_arena(g, host, &l);
    layout_destroy(&l);
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
