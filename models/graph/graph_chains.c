// models/graph/graph_chains.c -- nodes that run together, portion by portion.
#include "models/graph/graph_chains.h"

static bool measures(const graph_node *node)
{
    return node->op->by_portions && node->op->measure != NULL;
}

// May the node be the middle of a chain, with portions of so many samples in this pass?
static bool is_middle(const graph_node *node, int portion)
{
    return node->op->by_portions && node->op->measure == NULL && node->plan.input_count == 1 &&
           portion > 0 && portion < node->plan.in[0].n;
}

// The node before `i` if it makes the input of `i` and measures; else NULL.
static graph_node *leader_of(const graph *g, int i)
{
    int maker = tensor_at(g, node_at(g, i)->inputs[0])->node;
    return maker >= 0 && maker == i - 1 && measures(node_at(g, maker)) ? node_at(g, maker) : NULL;
}

// The node behind `i` if it alone reads the output of `i`, as its first input, and measures; else NULL.
static graph_node *follower_of(const graph *g, int i)
{
    if (i + 1 == g->node_count) return NULL;
    graph_node *next = node_at(g, i + 1);
    int output = node_at(g, i)->output;
    bool reads = tensor_at(g, output)->consumer_count == 1 && next->inputs[0] == output;
    return reads && measures(next) ? next : NULL;
}

// The leader's output, read by node i alone, need not be seen as a whole: neither by the caller nor, given that the
// leader makes it again, in the backward pass.
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
    if (follower != NULL) follower->follows_forward = true;
    if (leader == NULL) return;
    leader->leads_forward = true;
    tensor_at(g, leader->output)->value_passes = may_pass(g, leader, i);
}

// The leader's gradient is complete when node i, the first of its readers, has run.
static void link_backward(graph *g, int i)
{
    graph_node *leader = leader_of(g, i), *follower = follower_of(g, i);
    graph_tensor *out = tensor_at(g, node_at(g, i)->output);
    if (follower != NULL) {
        follower->follows_backward = true;
        out->gradient_passes = true;
    }
    if (leader != NULL && leader->learns && tensor_at(g, leader->output)->consumers[0] == i)
        leader->leads_backward = true;
}

void graph_link_chains(graph *g)
{
    for (int i = 0; i < g->node_count; i++) {
        const graph_node *node = node_at(g, i);
        if (is_middle(node, node->plan.forward_portion)) link_forward(g, i);
        if (node->learns && is_middle(node, node->plan.backward_portion)) link_backward(g, i);
    }
}

void graph_pass_remakes(graph *g)
{
    for (int i = 0; i + 1 < g->node_count; i++) {
        const graph_node *node = node_at(g, i);
        tensor_at(g, node->output)->remade_passes =
            node->remakes && node->leads_backward && may_pass(g, node, i + 1);
    }
}

int graph_backward_time(const graph *g, int i)
{
    return 2 * g->node_count - 1 - i;
}

int graph_forward_begin(const graph *g, int i)
{
    return i > 0 && node_at(g, i - 1)->leads_forward ? i - 1 : i;
}

int graph_forward_end(const graph *g, int i)
{
    return node_at(g, i)->leads_forward ? i + 1 : i;
}

int graph_measure_begin(const graph *g, int i)
{
    return node_at(g, i)->follows_forward ? graph_forward_begin(g, i - 1) : i;
}

int graph_backward_end(const graph *g, int i)
{
    return graph_backward_time(g, node_at(g, i)->follows_backward ? i - 1 : i);
}

int graph_reduce_begin(const graph *g, int i)
{
    return graph_backward_time(g, node_at(g, i)->leads_backward ? i + 1 : i);
}
