// models/graph/graph_chains_run.c -- chains run portion by portion: one call of each of their
// nodes, then the next portion.
#include "models/graph/graph_chains.h"
#include "models/graph/graph_pass.h"

static bool is_backward(call_kind kind)
{
    return kind == CALL_REDUCE || kind == CALL_BACKWARD;
}

static struct op_portion portion_of(const graph_pass *p, const graph_call *c, int first, int count)
{
    const chain_link *link = c->node->link;
    return (struct op_portion){
        .first = first,
        .count = count,
        .measured = (int)(c->node - p->g->nodes) == p->measured,
        .carried = graph_place(p->g, c->worker,
                               is_backward(c->kind) ? link->carried_backward : link->carried)};
}

const struct op_portion *graph_whole_portion(const graph_pass *p, const graph_call *c,
                                             struct op_portion *place)
{
    if (c->node->link == NULL) return NULL;
    *place = portion_of(p, c, 0, c->node->plan.in[0].n);
    return place;
}

static size_t bytes_before(const graph_tensor *t, bool whole, int first)
{
    return whole ? tensor_bytes(t->shape, t->bf16) / (size_t)t->shape.n * (size_t)first : 0;
}

static size_t value_before(const graph *g, const graph_tensor *t, call_kind kind, int first)
{
    bool whole = graph_sees_remade(kind) ? graph_remade_is_whole(g, t) : graph_value_is_whole(g, t);
    return bytes_before(t, whole, first);
}

static size_t gradient_before(const graph *g, const graph_tensor *t, int first)
{
    return bytes_before(t, graph_gradient_is_whole(g, t), first);
}

// The views of the whole batch become those of a portion; where tensors pass, of the memory that
// all portions have.
static op_run view_portion(const graph *g, const graph_call *whole, const struct op_portion *part)
{
    const graph_node *node = whole->node;
    const graph_tensor *out = tensor_at(g, node->output);
    op_run run = whole->run;
    run.portion = part;
    run.out = advance(run.out, value_before(g, out, whole->kind, part->first));
    run.dout = advance_read(run.dout, gradient_before(g, out, part->first));
    for (int i = 0; i < node->plan.input_count; i++) {
        const graph_tensor *in = tensor_at(g, node->inputs[i]);
        run.in[i] = advance_read(run.in[i], value_before(g, in, whole->kind, part->first));
        run.din[i] = advance(run.din[i], gradient_before(g, in, part->first));
    }
    return run;
}

// Portion by portion, all calls; `count` samples at a time.
static void make_calls(const graph_pass *p, const graph_call *calls, int call_count, int count)
{
    int batch = calls[0].node->plan.in[0].n;
    for (int first = 0; first < batch; first += count)
        for (int i = 0; i < call_count; i++) {
            const struct op_portion part = portion_of(p, &calls[i], first, count);
            const op_run run = view_portion(p->g, &calls[i], &part);
            graph_make_call(p->g, &calls[i], &run, first, count);
        }
}

static bool within(const graph_pass *p, int i)
{
    return i >= p->first && i <= p->last;
}

// The link of node i, if it has one and is in this pass.
static const chain_link *link_within(const graph_pass *p, int i)
{
    static const chain_link none = {0};
    const chain_link *link = within(p, i) ? node_at(p->g, i)->link : NULL;
    return link != NULL ? link : &none;
}

static graph_call view(const graph_pass *p, int i, call_kind kind, int worker)
{
    return graph_pass_view(p, node_at(p->g, i), kind, worker);
}

// A leader is measured at least, before it runs by portions.
static void measure(graph_pass *p, int i, call_kind kind)
{
    if (p->measured != i) graph_call_workers(p, node_at(p->g, i), kind);
    p->measured = i;
}

bool graph_chain_forward(graph_pass *p, int i)
{
    bool led = link_within(p, i - 1)->leads_forward;
    bool followed = link_within(p, i + 1)->follows_forward;
    if (link_within(p, i)->leads_forward && within(p, i + 1)) {
        measure(p, i, CALL_MEASURE); // the rest with the next node
        return true;
    }
    if (!led && !followed) return false;
    for (int w = 0; w < p->g->workers; w++) {
        graph_call calls[3];
        int count = 0;
        if (led) calls[count++] = view(p, i - 1, CALL_FORWARD, w);
        calls[count++] = view(p, i, CALL_FORWARD, w);
        if (followed) calls[count++] = view(p, i + 1, CALL_MEASURE, w);
        make_calls(p, calls, count, node_at(p->g, i)->link->plan.forward);
    }
    if (followed) p->measured = i + 1;
    return true;
}

bool graph_chain_backward(graph_pass *p, int i)
{
    const graph *g = p->g;
    bool led = link_within(p, i - 1)->leads_backward;
    bool followed = link_within(p, i + 1)->follows_backward;
    if (link_within(p, i)->follows_backward) {
        measure(p, i, CALL_REDUCE); // the rest with the node before
        return true;
    }
    if (!led && !followed) return false;
    bool remakes = led && !graph_remade_is_whole(g, tensor_at(g, node_at(g, i)->inputs[0]));
    if (followed) graph_choose_writer(p->g, i + 1);
    graph_choose_writer(p->g, i);
    for (int w = 0; w < g->workers; w++) {
        graph_call calls[4];
        int count = 0;
        if (followed) calls[count++] = view(p, i + 1, CALL_BACKWARD, w);
        if (remakes) calls[count++] = view(p, i - 1, CALL_REMAKE, w);
        calls[count++] = view(p, i, CALL_BACKWARD, w);
        if (led) calls[count++] = view(p, i - 1, CALL_REDUCE, w);
        make_calls(p, calls, count, node_at(g, i)->link->plan.backward);
    }
    if (led) p->measured = i - 1;
    return true;
}

bool graph_chain_will_reach(const graph_pass *p, int i)
{
    return link_within(p, i + 1)->follows_backward && p->measured == i + 1;
}
