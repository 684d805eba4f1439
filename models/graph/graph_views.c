// models/graph/graph_views.c -- from places in memory to the views of one call.
#include "models/graph/graph_views.h"

void *graph_place(const graph *g, int worker, void *view)
{
    return advance(view, (size_t)worker * g->worker_bytes);
}

static bool is_backward(call_kind kind)
{
    return kind == CALL_REDUCE || kind == CALL_BACKWARD;
}

// The calls of backward passes see values that were remade.
bool graph_sees_remade(call_kind kind)
{
    return kind == CALL_REMAKE || is_backward(kind);
}

static float *output_of(const graph *g, int worker, const graph_node *node, call_kind kind)
{
    bool remade = graph_sees_remade(kind) && node->out_remade != NULL;
    return graph_place(g, worker, remade ? node->out_remade : node->out);
}

const float *graph_find_value(const graph *g, int worker, int id, call_kind kind)
{
    int node = tensor_at(g, id)->node;
    if (node >= 0) return output_of(g, worker, node_at(g, node), kind);
    return g->provided[worker * g->tensor_count + id];
}

static void view_gradients(const graph *g, graph_call *c)
{
    c->run.dout = graph_place(g, c->worker, tensor_at(g, c->node->output)->gradient);
    for (int i = 0; i < c->node->plan.input_count; i++) {
        const graph_tensor *t = tensor_at(g, c->node->inputs[i]);
        if (!t->wants_gradient) continue;
        c->beside[i] = t->gradient_writer != (int)(c->node - g->nodes);
        c->run.din[i] = graph_place(g, c->worker, c->beside[i] ? t->beside : t->gradient);
    }
}

static void view_flat_arrays(const graph *g, graph_call *c, float *dparams, float *batch_statistics)
{
    const graph_node *node = c->node;
    for (int i = 0; i < node->plan.param_count; i++) {
        size_t offset = g->parameters->learned.items[node->first_param + i].offset;
        c->run.params[i] = g->bound_params + offset;
        c->run.dparams[i] = dparams != NULL ? dparams + offset : NULL;
    }
    for (int i = 0; i < node->plan.statistic_count; i++) {
        size_t offset = g->parameters->statistics.items[node->first_statistic + i].offset;
        c->run.statistics[i] = g->bound_statistics != NULL ? g->bound_statistics + offset : NULL;
        float *own = node->sharers_before > 0 ? g->statistics_beside : batch_statistics;
        c->run.batch_statistics[i] = batch_statistics != NULL ? own + offset : NULL;
    }
}

graph_call graph_view(const graph *g, const graph_node *node, call_kind kind, int worker,
                      float *dparams, float *batch_statistics)
{
    bool backward = is_backward(kind);
    graph_call c = {
        .node = node, .kind = kind, .worker = worker, .shared_statistics = batch_statistics};
    c.run = (op_run){.training = graph_sees_remade(kind),
                     .out = output_of(g, worker, node, kind),
                     .saved = graph_place(g, worker, node->saved),
                     .packed = node->packed,
                     .scratch = backward ? node->scratch_backward : node->scratch,
                     .worker = g->meets ? g->team.first + worker : 0,
                     .total = g->total};
    for (int i = 0; i < node->plan.input_count; i++)
        c.run.in[i] = graph_find_value(g, worker, node->inputs[i], kind);
    view_flat_arrays(g, &c, dparams, batch_statistics);
    if (backward) view_gradients(g, &c);
    return c;
}
