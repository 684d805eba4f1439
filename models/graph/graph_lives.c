// models/graph/graph_lives.c -- first and last readers of values and gradients.
#include "models/graph/graph_lives.h"

#include "models/graph/graph_chains.h"

// From the first to the last moment of the backward pass at which a value is read.
typedef struct reads {
    int first, last; // GRAPH_NEVER
} reads;

static void read_at(reads *r, int time)
{
    if (r->first == GRAPH_NEVER || time < r->first) r->first = time;
    if (time > r->last) r->last = time;
}

// In the node's backward pass.
static void read_by(const graph *g, reads *r, int node)
{
    read_at(r, graph_reduce_begin(g, node));
    read_at(r, graph_backward_end(g, node));
}

// Which of the consumer's inputs is the tensor? Inputs are different tensors.
static int input_number(const graph *g, const graph_node *consumer, const graph_tensor *t)
{
    int k = 0;
    while (tensor_at(g, consumer->inputs[k]) != t)
        k++;
    return k;
}

static reads backward_reads(const graph *g, const graph_tensor *t)
{
    reads r = {GRAPH_NEVER, GRAPH_NEVER};
    for (int i = 0; i < t->consumer_count; i++) {
        const graph_node *consumer = node_at(g, t->consumers[i]);
        int k = input_number(g, consumer, t);
        if (consumer->learns && consumer->plan.backward_reads_input[k])
            read_by(g, &r, t->consumers[i]);
        if (consumer->remade_at != GRAPH_NEVER && consumer->plan.remake_reads_input[k])
            read_at(&r, consumer->remade_at);
    }
    const graph_node *maker = node_at(g, t->node);
    if (maker->learns && maker->plan.backward_reads_output) read_by(g, &r, t->node);
    return r;
}

// Readers of a node's output come behind it, so their times are known.
void graph_time_remakes(graph *g)
{
    for (int i = g->node_count - 1; i >= 0; i--) {
        graph_node *node = node_at(g, i);
        node->remade_at =
            node->remakes ? backward_reads(g, tensor_at(g, node->output)).first : GRAPH_NEVER;
    }
}

// The last moment somebody reads the tensor's value, in its first life.
static int last_read(const graph *g, const graph_tensor *t)
{
    if (t->kept) return 2 * g->node_count;
    int last = graph_forward_end(g, t->node);
    for (int i = 0; i < t->consumer_count; i++) {
        int end = graph_forward_end(g, t->consumers[i]);
        if (end > last) last = end;
    }
    if (node_at(g, t->node)->remakes) return last;
    int backward = backward_reads(g, t).last;
    return backward > last ? backward : last;
}

// Does node i write its value over its first input, which nobody reads later?
static bool value_in_place(const graph *g, const graph_node *node)
{
    const graph_tensor *in = tensor_at(g, node->inputs[0]), *out = tensor_at(g, node->output);
    return node->op->in_place && in->node >= 0 && shape_equal(in->shape, out->shape) &&
           in->bf16 == out->bf16 && graph_value_is_whole(g, in) && graph_value_is_whole(g, out) &&
           last_read(g, in) == graph_forward_end(g, out->node);
}

// Does it write its first input's gradient over that of its output, which nobody reads later?
static bool gradient_in_place(const graph *g, const graph_node *node)
{
    const graph_tensor *in = tensor_at(g, node->inputs[0]), *out = tensor_at(g, node->output);
    return node->op->in_place && node->learns && in->wants_gradient && in->consumer_count == 1 &&
           graph_gradient_is_whole(g, in) && graph_gradient_is_whole(g, out) &&
           shape_equal(in->shape, out->shape) && in->bf16 == out->bf16;
}

static void add_value(graph *g, graph_tensor *t, layout *l)
{
    const graph_node *node = node_at(g, t->node);
    const graph_tensor *in = tensor_at(g, node->inputs[0]);
    int first = graph_forward_begin(g, t->node), last = last_read(g, t);
    if (value_in_place(g, node)) {
        t->pieces.value = in->pieces.value;
        layout_extend(l, t->pieces.value, last);
    } else {
        t->pieces.value = layout_add(l, graph_value_bytes(g, t), first, last);
    }
    if (node->remade_at == GRAPH_NEVER) return;
    t->pieces.remade =
        layout_add(l, graph_remade_bytes(g, t), node->remade_at, backward_reads(g, t).last);
}

// What a node has beside its output. Workers in lockstep have one scratch in common.
static void add_node(const graph *g, const graph_node *node, tensor_pieces *pieces, layout *l)
{
    int i = (int)(node - g->nodes), backward = graph_backward_time(g, i);
    int begun = graph_forward_begin(g, i), done = graph_forward_end(g, i),
        undone = graph_backward_end(g, i);
    size_t scratch = g->workers == 1 ? node->plan.scratch_bytes : 0;
    pieces->saved = layout_add(l, node->plan.saved_bytes, graph_saved_begin(g, i),
                               node->learns ? undone : done);
    pieces->scratch = layout_add(l, scratch, begun, done);
    if (!node->learns) return;
    pieces->scratch_backward = layout_add(l, scratch, backward, undone);
}

// The last moment somebody reads the tensor's gradient.
static int last_gradient(const graph *g, const graph_tensor *t)
{
    return t->node >= 0 ? graph_backward_end(g, t->node) : 2 * g->node_count;
}

static void add_gradient(graph *g, graph_tensor *t, layout *l)
{
    if (!t->wants_gradient) return;
    size_t bytes = graph_gradient_bytes(g, t);
    int readers = t->consumer_count;
    const graph_node *reader = readers == 1 ? node_at(g, t->consumers[0]) : NULL;
    if (reader != NULL && reader->inputs[0] == (int)(t - g->tensors) &&
        gradient_in_place(g, reader)) {
        t->pieces.gradient = tensor_at(g, reader->output)->pieces.gradient;
        layout_extend(l, t->pieces.gradient, last_gradient(g, t));
        return;
    }
    // A pass that starts here, at a tensor with consumers, runs none of them: then the seed is
    // written earlier than `first`, but nothing of that time is in use.
    int first = readers > 0 ? graph_backward_end(g, t->consumers[readers - 1]) : g->node_count;
    t->pieces.gradient = layout_add(l, bytes, first, last_gradient(g, t));
    if (readers < 2) return;
    t->pieces.beside = layout_add(l, bytes, graph_backward_time(g, t->consumers[readers - 2]),
                                  graph_backward_end(g, t->consumers[0]));
}

// Of values, those that others are written over come first, of gradients last.
void graph_add_pieces(graph *g, layout *l)
{
    for (int i = 0; i < g->tensor_count; i++) {
        graph_tensor *t = tensor_at(g, i);
        t->pieces = (tensor_pieces){-1, -1, -1, -1, -1, -1, -1};
        if (t->node < 0) continue;
        add_value(g, t, l);
        add_node(g, node_at(g, t->node), &t->pieces, l);
        graph_add_link_pieces(g, t->node, l);
    }
    for (int i = g->tensor_count - 1; i >= 0; i--)
        add_gradient(g, tensor_at(g, i), l);
}
