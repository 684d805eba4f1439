// models/graph/graph_run.c -- forward and backward passes over a planned graph, node by node where
// no chain has run it. No allocation, no errors.
#include "models/graph/graph_chains.h"
#include "models/graph/graph_meter.h"
#include "models/graph/graph_pass.h"

#include "base/pulse.h"

void graph_prepare(graph *g)
{
    for (int i = 0; i < g->node_count; i++) {
        graph_node *node = node_at(g, i);
        if (node->op->prepare == NULL) continue;
        graph_call c = graph_view(g, node, CALL_FORWARD, 0, NULL, NULL);
        double since = graph_meter_begin();
        node->op->prepare(node->config, &node->plan, c.run.params, node->packed);
        graph_meter_end(since, node->name, node->op, METER_PREPARE);
        graph_meter_count(node->name, node->op, METER_PREPARE, &node->plan, &c.run);
    }
}

bool graph_meets(const graph *g)
{
    return g->meets;
}

void graph_select_worker(graph *g, int worker)
{
    ASSERT(worker >= 0 && worker < g->workers);
    g->selected = worker;
}

void graph_set_input(graph *g, int id, const float *data)
{
    ASSERT(tensor_at(g, id)->node < 0);
    g->provided[g->selected * g->tensor_count + id] = data;
}

// Where worker `worker` leaves its part for the meeting.
static float *part_of(const graph *g, int worker, const op_meeting *m)
{
    return g->parts + (size_t)worker * m->floats;
}

// All workers' halves before a meeting, and the meeting. Collective.
static void meet(const graph_pass *p, const graph_node *node, call_kind kind, const op_meeting *m,
                 op_pass *half)
{
    const graph *g = p->g;
    if (m->floats == 0) return;
    for (int w = 0; w < g->workers; w++) {
        graph_call c = graph_pass_view(p, node, kind, w);
        c.run.part = part_of(g, w, m);
        half(node->config, &node->plan, &c.run);
    }
    if (m->gather)
        g->team.gather(g->team.state, g->parts, m->floats, g->total);
    else
        g->team.sum(g->team.state, g->parts, m->floats, g->total);
}

static void run_forward(graph_pass *p, int i)
{
    const graph_node *node = node_at(p->g, i);
    if (graph_chain_forward(p, i)) return;
    meet(p, node, CALL_FORWARD, &node->plan.forward_meeting, node->op->forward_part);
    graph_call_workers(p, node, CALL_FORWARD);
}

// The nodes behind the one that makes `after` (-1: all) up to the one that makes `until`.
static void run_nodes(graph *g, bool training, int after, int until, float *const *batch_statistics)
{
    ASSERT(graph_value_is_whole(g, tensor_at(g, until)) &&
           (after < 0 || graph_value_is_whole(g, tensor_at(g, after))));
    graph_pass p = {.g = g,
                    .training = training,
                    .first = after < 0 ? 0 : tensor_at(g, after)->node + 1,
                    .last = tensor_at(g, until)->node,
                    .arrays = batch_statistics,
                    .measured = -1};
    for (int i = p.first; i <= p.last; i++) {
        pulse_tick();
        run_forward(&p, i);
    }
}

void graph_forward_team(graph *g, bool training, int until, float *const *batch_statistics)
{
    run_nodes(g, training, -1, until, batch_statistics);
}

void graph_forward(graph *g, bool training, int until, float *batch_statistics)
{
    graph_forward_from(g, training, -1, until, batch_statistics);
}

void graph_forward_from(graph *g, bool training, int after, int until, float *batch_statistics)
{
    ASSERT(g->workers == 1);
    run_nodes(g, training, after, until, &batch_statistics);
}

static void run_backward(graph_pass *p, int i)
{
    const graph_node *node = node_at(p->g, i);
    if (graph_chain_backward(p, i)) return;
    graph_choose_writer(p->g, i);
    meet(p, node, CALL_BACKWARD, &node->plan.backward_meeting, node->op->backward_part);
    graph_call_workers(p, node, CALL_BACKWARD);
}

// Remakes what is due before node `before` runs backward, of nodes that have run forward.
static void remake_due(graph_pass *p, int before)
{
    const graph *g = p->g;
    int time = 2 * g->node_count - 1 - before;
    for (; p->remade < g->remake_count; p->remade++) {
        const graph_node *node = node_at(g, g->remakes[p->remade]);
        if (node->remade_at > time) return;
        if (g->remakes[p->remade] <= p->last) graph_call_workers(p, node, CALL_REMAKE);
    }
}

// Of every own worker: `value` everywhere, or rows[worker][n] all over row n.
static void fill_gradient(const graph *g, graph_tensor *t, float value, const float *const *rows)
{
    ASSERT(!t->bf16 && graph_gradient_is_whole(g, t));
    size_t count = shape_count(t->shape), row = count / (size_t)t->shape.n;
    for (int w = 0; w < g->workers; w++) {
        float *gradient = graph_place(g, w, t->gradient);
        for (size_t i = 0; i < count; i++)
            gradient[i] = rows != NULL ? rows[w][i / row] : value;
    }
    t->gradient_writer = g->node_count;
}

// Has node i a part in the pass: has its output a gradient, now or when the chain it is in has run?
static bool has_part(const graph_pass *p, int i)
{
    const graph_node *node = node_at(p->g, i);
    const graph_tensor *out = tensor_at(p->g, node->output);
    // Without gradients of parameters only what lies behind an input that wants one.
    bool reached = out->gradient_writer != GRAPH_NEVER && (p->arrays != NULL || out->reaches_input);
    return node->learns && (reached || graph_chain_will_reach(p, i));
}

static void differentiate(graph *g, int from, float seed, const float *const *rows,
                          float *const *dparams)
{
    graph_tensor *start = tensor_at(g, from);
    ASSERT(g->backward && start->node >= 0 && start->wants_gradient);
    for (int i = 0; i < g->tensor_count; i++)
        tensor_at(g, i)->gradient_writer = GRAPH_NEVER;
    graph_pass p = {
        .g = g, .training = true, .last = start->node, .arrays = dparams, .measured = -1};
    remake_due(&p, start->node);
    fill_gradient(g, start, seed, rows);
    for (int i = start->node; i >= 0; i--) {
        pulse_tick();
        remake_due(&p, i);
        // Nodes that `from` does not depend on have no part in it.
        if (has_part(&p, i)) run_backward(&p, i);
    }
    for (int i = 0; i < g->tensor_count; i++) {
        graph_tensor *t = tensor_at(g, i);
        if (t->node < 0 && t->wants_gradient && t->gradient_writer == GRAPH_NEVER)
            fill_gradient(g, t, 0.0f, NULL);
    }
}

void graph_backward_team(graph *g, int from, float seed, float *const *dparams)
{
    differentiate(g, from, seed, NULL, dparams);
}

void graph_backward_rows(graph *g, int from, const float *const *seeds, float *const *dparams)
{
    differentiate(g, from, 0, seeds, dparams);
}

void graph_backward(graph *g, int from, float seed, float *dparams)
{
    ASSERT(g->workers == 1);
    differentiate(g, from, seed, NULL, dparams != NULL ? &dparams : NULL);
}

const float *graph_value(const graph *g, int id)
{
    ASSERT((tensor_at(g, id)->kept || tensor_at(g, id)->node < 0) && !tensor_at(g, id)->bf16);
    return graph_find_value(g, g->selected, id, CALL_FORWARD);
}

const float *graph_gradient(const graph *g, int id)
{
    ASSERT(tensor_at(g, id)->node < 0 && tensor_at(g, id)->wants_gradient);
    return graph_place(g, g->selected, tensor_at(g, id)->gradient);
}
