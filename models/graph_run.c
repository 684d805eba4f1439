// models/graph_run.c -- forward and backward passes over a planned graph. No allocation, no errors.
#include "models/graph_private.h"

#include <string.h>

// Views of node i for one call. dparams and batch_statistics are flat arrays, or NULL.
static op_run view_node(const graph *g, const graph_node *node, float *dparams,
                        float *batch_statistics)
{
    op_run run = {.out = node->out, .saved = node->saved, .packed = node->packed};
    run.scratch = g->scratch;
    for (int i = 0; i < node->plan.input_count; i++)
        run.in[i] = g->tensors[node->inputs[i]].value;
    for (int i = 0; i < node->plan.param_count; i++) {
        size_t offset = g->params.items[node->first_param + i].offset;
        run.params[i] = g->bound_params + offset;
        run.dparams[i] = dparams != NULL ? dparams + offset : NULL;
    }
    for (int i = 0; i < node->plan.statistic_count; i++) {
        size_t offset = g->statistics.items[node->first_statistic + i].offset;
        run.statistics[i] = g->bound_statistics != NULL ? g->bound_statistics + offset : NULL;
        run.batch_statistics[i] = batch_statistics != NULL ? batch_statistics + offset : NULL;
    }
    return run;
}

void graph_prepare(graph *g)
{
    for (int i = 0; i < g->node_count; i++) {
        graph_node *node = &g->nodes[i];
        if (node->op->prepare == NULL) continue;
        op_run run = view_node(g, node, NULL, NULL);
        node->op->prepare(node->config, &node->plan, run.params, node->packed);
    }
}

void graph_set_input(graph *g, int id, const float *data)
{
    ASSERT(g->tensors[id].node < 0);
    g->tensors[id].value = data;
}

void graph_forward(graph *g, bool training, int until, float *batch_statistics)
{
    graph_forward_from(g, training, -1, until, batch_statistics);
}

void graph_forward_from(graph *g, bool training, int after, int until, float *batch_statistics)
{
    int first = after < 0 ? 0 : g->tensors[after].node + 1, last = g->tensors[until].node;
    for (int i = first; i <= last; i++) {
        const graph_node *node = &g->nodes[i];
        op_run run = view_node(g, node, NULL, batch_statistics);
        run.training = training;
        node->op->forward(node->config, &node->plan, &run);
    }
}

static void add_to(float *restrict sum, const float *restrict term, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += term[i];
}

// Runs one node backward. A tensor's gradient is written by the first of its consumers that comes
// by; the others write beside it and are added.
static void run_backward(graph *g, const graph_node *node, float *dparams)
{
    op_run run = view_node(g, node, dparams, NULL);
    run.training = true;
    run.dout = g->tensors[node->output].gradient;
    for (int i = 0; i < node->plan.input_count; i++) {
        const graph_tensor *t = &g->tensors[node->inputs[i]];
        if (t->wants_gradient) run.din[i] = t->gradient_written ? t->beside : t->gradient;
    }
    node->op->backward(node->config, &node->plan, &run);
    for (int i = 0; i < node->plan.input_count; i++) {
        graph_tensor *t = &g->tensors[node->inputs[i]];
        if (!t->wants_gradient) continue;
        if (t->gradient_written) add_to(t->gradient, t->beside, shape_count(t->shape));
        t->gradient_written = true;
    }
}

void graph_backward(graph *g, int from, float seed, float *dparams)
{
    graph_tensor *start = &g->tensors[from];
    ASSERT(g->backward && start->node >= 0 && start->wants_gradient);
    for (int i = 0; i < g->tensor_count; i++)
        g->tensors[i].gradient_written = false;
    float *gradient = start->gradient;
    size_t count = shape_count(start->shape);
    for (size_t i = 0; i < count; i++)
        gradient[i] = seed;
    start->gradient_written = true;
    for (int i = start->node; i >= 0; i--) {
        const graph_node *node = &g->nodes[i];
        // Nodes that `from` does not depend on have no part in it.
        if (node->learns && g->tensors[node->output].gradient_written)
            run_backward(g, node, dparams);
    }
    for (int i = 0; i < g->tensor_count; i++) {
        const graph_tensor *t = &g->tensors[i];
        if (t->node < 0 && t->wants_gradient && !t->gradient_written)
            memset(t->gradient, 0, shape_count(t->shape) * sizeof(float));
    }
}

const float *graph_value(const graph *g, int id)
{
    ASSERT(g->tensors[id].kept || g->tensors[id].node < 0);
    return g->tensors[id].value;
}

const float *graph_gradient(const graph *g, int id)
{
    ASSERT(g->tensors[id].node < 0 && g->tensors[id].wants_gradient);
    return g->tensors[id].gradient;
}
