// models/graph/graph_remake.c -- as few remade bytes as the smallest memory allows.
//
// At first all outputs are remade that can be. Then each is kept instead, the largest first, if the
// fullest moment does not become fuller by it: remaking costs time, and frees nothing where an
// output is wanted soon again, or apart from the fullest moment.
#include "models/graph/graph_remake.h"

#include "models/graph/graph_chains.h"
#include "models/graph/graph_lives.h"

#include <stdlib.h>

typedef struct candidate {
    size_t bytes;
    int node;
} candidate;

static int larger_then_later(const void *a, const void *b)
{
    const candidate *left = a, *right = b;
    if (left->bytes != right->bytes) return left->bytes < right->bytes ? 1 : -1;
    return right->node - left->node;
}

// All of them remake. A value that passes has no memory to be kept in.
static int find_candidates(graph *g, candidate *found)
{
    int count = 0;
    for (int i = 0; i < g->node_count; i++) {
        graph_node *node = node_at(g, i);
        const graph_tensor *t = tensor_at(g, node->output);
        node->remakes = node->op->remake != NULL && node->learns && !t->kept;
        if (node->remakes && graph_value_is_whole(g, t))
            found[count++] = (candidate){tensor_bytes(t->shape, t->bf16), i};
    }
    qsort(found, (size_t)count, sizeof *found, larger_then_later);
    return count;
}

static size_t fullest_moment(graph *g, layout *l)
{
    graph_pass_remakes(g);
    graph_time_remakes(g);
    graph_add_pieces(g, l);
    size_t bytes = layout_fullest(l);
    layout_clear(l);
    return bytes;
}

static void keep_what_costs_nothing(graph *g, layout *l, const candidate *list, int count)
{
    size_t least = fullest_moment(g, l);
    for (int i = 0; i < count; i++) {
        graph_node *node = node_at(g, list[i].node);
        node->remakes = false;
        size_t bytes = fullest_moment(g, l);
        if (bytes <= least)
            least = bytes;
        else
            node->remakes = true;
    }
    graph_pass_remakes(g);
    graph_time_remakes(g);
}

// In the order of times, and of nodes at one time: what a node reads is made before. Values that
// pass are made by those who read them.
static void list_remakes(graph *g)
{
    for (int time = g->node_count; time < 2 * g->node_count; time++)
        for (int i = 0; i < g->node_count; i++)
            if (node_at(g, i)->remade_at == time &&
                graph_remade_is_whole(g, tensor_at(g, node_at(g, i)->output)))
                g->remakes[g->remake_count++] = i;
}

status graph_choose_remakes(graph *g, layout *l)
{
    candidate *list = calloc((size_t)g->node_count + 1, sizeof *list);
    g->remakes = calloc((size_t)g->node_count + 1, sizeof *g->remakes);
    bool room = list != NULL && g->remakes != NULL;
    if (room) {
        keep_what_costs_nothing(g, l, list, find_candidates(g, list));
        list_remakes(g);
    }
    free(list);
    CHECK(room, ST_INTERNAL, "no memory to plan a graph");
    return ST_OK;
}
