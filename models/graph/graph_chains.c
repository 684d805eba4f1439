// models/graph/graph_chains.c -- nodes that run together, portion by portion.
#include "models/graph/graph_chains.h"

#include <stdlib.h>

static const chain_link none = {0};

// The link of a node; of one without, or of an input (-1), one that is in no chain.
static const chain_link *link_of(const graph *g, int i)
{
    const chain_link *link = i >= 0 && i < g->node_count ? node_at(g, i)->link : NULL;
    return link != NULL ? link : &none;
}

status graph_prepare_link(graph *g, graph_node *node)
{
    if (node->op->portions == NULL) return ST_OK;
    node->link = calloc(1, sizeof *node->link);
    CHECK(node->link != NULL, ST_INTERNAL, "no memory for the list of a graph's parts");
    node->link->plan.bytes = g->portion_bytes;
    node->plan.portions = &node->link->plan;
    return ST_OK;
}

static bool measures(const graph_node *node)
{
    return node->link != NULL && node->op->portions->measure != NULL;
}

// May the node be the middle of a chain in this pass?
static bool is_middle(const graph_node *node, bool backward)
{
    if (node->link == NULL || measures(node) || node->plan.input_count != 1) return false;
    int portion = backward ? node->link->plan.backward : node->link->plan.forward;
    return portion > 0 && portion < node->plan.in[0].n;
}

// The node before `i` if it makes the input of `i` and measures; else NULL.
static graph_node *leader_of(const graph *g, int i)
{
    int maker = tensor_at(g, node_at(g, i)->inputs[0])->node;
    return maker >= 0 && maker == i - 1 && measures(node_at(g, maker)) ? node_at(g, maker) : NULL;
}

// The node behind `i` if it alone reads the output of `i`, as its first input, and measures; else
// NULL.
static graph_node *follower_of(const graph *g, int i)
{
    if (i + 1 == g->node_count) return NULL;
    graph_node *next = node_at(g, i + 1);
    int output = node_at(g, i)->output;
    bool reads = tensor_at(g, output)->consumer_count == 1 && next->inputs[0] == output;
    return reads && measures(next) ? next : NULL;
}

// The leader's output, read by node i alone, need not be seen as a whole: neither by the caller
// nor, given that the leader makes it again, in the backward pass.
static bool may_pass(const graph *g, const graph_node *leader, int i)
{
    const graph_tensor *t = tensor_at(g, leader->output);
    const graph_node *node = node_at(g, i);
    bool read_later = node->learns && node->plan.backward_reads_input[0];
    bool remade = leader->op->remake != NULL && leader->learns;
    return t->consumer_count == 1 && !t->kept && !leader->plan.backward_reads_output &&
           (remade || !read_later);
}

static void link_forward(graph *g, int i)
{
    graph_node *leader = leader_of(g, i), *follower = follower_of(g, i);
    if (follower != NULL) follower->link->follows_forward = true;
    if (leader == NULL) return;
    leader->link->leads_forward = true;
    leader->link->value_passes = may_pass(g, leader, i);
}

// The leader's gradient is complete when node i, the first of its readers, has run.
static void link_backward(graph *g, int i)
{
    graph_node *leader = leader_of(g, i), *follower = follower_of(g, i);
    if (follower != NULL) {
        follower->link->follows_backward = true;
        node_at(g, i)->link->gradient_passes = true;
    }
    if (leader != NULL && leader->learns && tensor_at(g, leader->output)->consumers[0] == i)
        leader->link->leads_backward = true;
}

void graph_link_chains(graph *g)
{
    for (int i = 0; i < g->node_count; i++) {
        const graph_node *node = node_at(g, i);
        if (is_middle(node, false)) link_forward(g, i);
        if (node->learns && is_middle(node, true)) link_backward(g, i);
    }
}

void graph_pass_remakes(graph *g)
{
    for (int i = 0; i + 1 < g->node_count; i++) {
        const graph_node *node = node_at(g, i);
        if (node->link != NULL)
            node->link->remade_passes =
                node->remakes && node->link->leads_backward && may_pass(g, node, i + 1);
    }
}

bool graph_value_is_whole(const graph *g, const graph_tensor *t)
{
    return !link_of(g, t->node)->value_passes;
}

bool graph_remade_is_whole(const graph *g, const graph_tensor *t)
{
    return !link_of(g, t->node)->remade_passes;
}

bool graph_gradient_is_whole(const graph *g, const graph_tensor *t)
{
    return !link_of(g, t->node)->gradient_passes;
}

static size_t bytes_of(const graph_tensor *t, bool whole, int portion)
{
    size_t bytes = tensor_bytes(t->shape, t->bf16);
    return whole ? bytes : bytes / (size_t)t->shape.n * (size_t)portion;
}

// The samples that the one node takes at once to which a value passes.
static const struct op_portion_plan *taker(const graph *g, const graph_tensor *t)
{
    return t->consumer_count > 0 ? &link_of(g, t->consumers[0])->plan : &none.plan;
}

size_t graph_value_bytes(const graph *g, const graph_tensor *t)
{
    return bytes_of(t, graph_value_is_whole(g, t), taker(g, t)->forward);
}

size_t graph_remade_bytes(const graph *g, const graph_tensor *t)
{
    return bytes_of(t, graph_remade_is_whole(g, t), taker(g, t)->backward);
}

size_t graph_gradient_bytes(const graph *g, const graph_tensor *t)
{
    return bytes_of(t, graph_gradient_is_whole(g, t), link_of(g, t->node)->plan.backward);
}

void graph_add_link_pieces(graph *g, int i, layout *l)
{
    const graph_node *node = node_at(g, i);
    chain_link *link = node->link;
    if (link == NULL) return;
    int measured = link->follows_forward ? graph_forward_begin(g, i - 1) : i;
    link->carried_piece =
        layout_add(l, link->plan.carried_bytes, measured, graph_forward_end(g, i));
    link->carried_backward_piece = layout_add(l, node->learns ? link->plan.carried_bytes : 0,
                                              graph_reduce_begin(g, i), graph_backward_end(g, i));
}

void graph_bind_link(graph_node *node, const layout *l, unsigned char *base)
{
    if (node->link == NULL) return;
    node->link->carried = layout_address(l, node->link->carried_piece, base);
    node->link->carried_backward = layout_address(l, node->link->carried_backward_piece, base);
}

int graph_backward_time(const graph *g, int i)
{
    return 2 * g->node_count - 1 - i;
}

int graph_forward_begin(const graph *g, int i)
{
    return link_of(g, i - 1)->leads_forward ? i - 1 : i;
}

int graph_forward_end(const graph *g, int i)
{
    return link_of(g, i)->leads_forward ? i + 1 : i;
}

int graph_saved_begin(const graph *g, int i)
{
    return graph_forward_begin(g, link_of(g, i)->follows_forward ? i - 1 : i);
}

int graph_backward_end(const graph *g, int i)
{
    return graph_backward_time(g, link_of(g, i)->follows_backward ? i - 1 : i);
}

int graph_reduce_begin(const graph *g, int i)
{
    return graph_backward_time(g, link_of(g, i)->leads_backward ? i + 1 : i);
}
