// models/graph/graph_plan.c -- where every tensor lies: lives become places in one arena.
//
// Own workers that run in lockstep have a layout each, one behind the other; what lives beyond a
// node is theirs in common.
#include "models/graph/graph_chains.h"
#include "models/graph/graph_layout.h"
#include "models/graph/graph_lives.h"
#include "models/graph/graph_remake.h"

#include <stdlib.h>
#include <string.h>

// What the workers have in common.
typedef struct shared_bytes {
    size_t packed;  // of all nodes
    size_t scratch; // the most of a node; 0 where one worker runs alone, it has pieces of its own
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
        const op_plan *p = &node_at(g, i)->plan;
        shared.packed += arena_padded(p->packed_bytes);
        widen(&shared.scratch, p->scratch_bytes);
        count_meeting(g, &p->forward_meeting, &shared);
        if (node_at(g, i)->learns) count_meeting(g, &p->backward_meeting, &shared);
    }
    g->workers = g->meets ? g->team.count : 1;
    if (g->workers == 1) shared.scratch = 0;
    shared.part *= (size_t)g->workers;
    return shared;
}

static void bind_tensor(graph *g, graph_tensor *t, const layout *l, unsigned char *base)
{
    t->gradient = layout_address(l, t->pieces.gradient, base);
    t->beside = layout_address(l, t->pieces.beside, base);
    if (t->node < 0) return;
    graph_node *node = node_at(g, t->node);
    node->out = layout_address(l, t->pieces.value, base);
    node->out_remade = layout_address(l, t->pieces.remade, base);
    node->saved = layout_address(l, t->pieces.saved, base);
    graph_bind_link(node, l, base);
    bool alone = g->workers == 1;
    node->scratch = alone ? layout_address(l, t->pieces.scratch, base) : g->scratch;
    node->scratch_backward =
        alone ? layout_address(l, t->pieces.scratch_backward, base) : g->scratch;
}

static void bind_memory(graph *g, const layout *l, const shared_bytes *shared)
{
    g->worker_bytes = l->bytes;
    unsigned char *base = arena_take(&g->memory, (size_t)g->workers * l->bytes);
    for (int i = 0; i < g->node_count; i++)
        node_at(g, i)->packed = arena_take(&g->memory, node_at(g, i)->plan.packed_bytes);
    g->scratch = arena_take(&g->memory, shared->scratch);
    for (int i = 0; i < g->tensor_count; i++)
        bind_tensor(g, tensor_at(g, i), l, base);
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
    graph_link_chains(g);
    TRY(graph_choose_remakes(g, l));
    graph_add_pieces(g, l);
    layout_place(l);
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
    status s = layout_create(&l, PIECES_OF_A_TENSOR * g->tensor_count, 2 * g->node_count + 1);
    if (s == ST_OK) s = place_in_arena(g, host, &l);
    layout_destroy(&l);
    TRY(s);
    g->provided = calloc((size_t)g->workers * (size_t)g->tensor_count, sizeof *g->provided);
    g->statistics_beside =
        calloc(g->parameters->statistics.floats + 1, sizeof *g->statistics_beside);
    CHECK(g->provided != NULL && g->statistics_beside != NULL, ST_INTERNAL,
          "no memory for a graph");
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

int graph_kernels(const graph *g, const char *start, int *chosen)
{
    int all = 0;
    *chosen = 0;
    for (int i = 0; i < g->node_count; i++) {
        const char *name = node_at(g, i)->plan.kernel_name;
        if (name == NULL) continue;
        all++;
        *chosen += strncmp(name, start, strlen(start)) == 0;
    }
    return all;
}

void graph_print(const graph *g, FILE *out)
{
    fprintf(out, "%-28s %-12s %-22s %10s %10s\n", "name", "operation", "output", "parameters",
            "kB");
    for (int i = 0; i < g->tensor_count; i++) {
        const graph_tensor *t = tensor_at(g, i);
        size_t bytes = tensor_bytes(t->shape, t->bf16), params = 0;
        if (t->node < 0) {
            print_line(out, t->name, "input", t->shape, 0, bytes);
            continue;
        }
        const graph_node *node = node_at(g, t->node);
        for (int p = 0; p < node->plan.param_count; p++)
            params += g->parameters->learned.items[node->first_param + p].count;
        bytes += node->plan.saved_bytes + node->plan.packed_bytes;
        print_line(out, node->name, node->op->name, t->shape, params, bytes);
    }
    fprintf(out, "%zu parameters, %zu running statistics, %.1f MB of memory\n",
            g->parameters->learned.floats, g->parameters->statistics.floats,
            (double)g->memory.capacity * 1e-6);
}
