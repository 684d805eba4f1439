// models/graph/graph_pass.c -- a call of an operation: what it sees, what it costs, and gradients
// that add up.
#include "models/graph/graph_pass.h"

#include "models/graph/graph_meter.h"
#include "models/graph/op_portions.h"
#include "models/kernels/bf16.h"

graph_call graph_pass_view(const graph_pass *p, const graph_node *node, call_kind kind, int worker)
{
    float *array = p->arrays != NULL ? p->arrays[worker] : NULL;
    bool forward = kind == CALL_MEASURE || kind == CALL_FORWARD;
    graph_call c =
        graph_view(p->g, node, kind, worker, forward ? NULL : array, forward ? array : NULL);
    c.run.training = p->training;
    return c;
}

static void add_floats(float *restrict sum, const float *restrict term, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += term[i];
}

static void add_bf16(uint16_t *sum, const uint16_t *term, size_t count)
{
    for (size_t i = 0; i < count; i += VECTOR) {
        vector a, b;
        bf16_load(&a, sum + i, count - i);
        bf16_load(&b, term + i, count - i);
        a += b;
        bf16_store(sum + i, &a, count - i);
    }
}

// The samples of a gradient that lies beside are added to what others have written.
static void add_gradient(const graph *g, const graph_tensor *t, int worker, int first, int samples)
{
    size_t sample = shape_count(t->shape) / (size_t)t->shape.n, count = sample * (size_t)samples;
    size_t before = tensor_bytes(t->shape, t->bf16) / (size_t)t->shape.n * (size_t)first;
    void *sum = advance(graph_place(g, worker, t->gradient), before);
    const void *term = advance(graph_place(g, worker, t->beside), before);
    if (t->bf16)
        add_bf16(sum, term, count);
    else
        add_floats(sum, term, count);
}

static void add_gradients(const graph *g, const graph_call *c, int first, int samples)
{
    for (int i = 0; i < c->node->plan.input_count; i++)
        if (c->beside[i])
            add_gradient(g, tensor_at(g, c->node->inputs[i]), c->worker, first, samples);
}

static op_pass *pass_of(const op_type *op, call_kind kind)
{
    switch (kind) {
    case CALL_MEASURE:
        return op->portions->measure;
    case CALL_REDUCE:
        return op->portions->reduce;
    case CALL_REMAKE:
        return op->remake;
    case CALL_BACKWARD:
        return op->backward;
    default:
        return op->forward;
    }
}

// Nodes of one name leave the mean of what each measures.
static void average_statistics(const graph *g, const graph_call *c)
{
    const graph_node *node = c->node;
    if (c->shared_statistics == NULL || node->sharers_before == 0) return;
    float share = 1.0f / (float)(node->sharers_before + 1);
    for (int i = 0; i < node->plan.statistic_count; i++) {
        const graph_param *p = &g->parameters->statistics.items[node->first_statistic + i];
        float *mean = c->shared_statistics + p->offset;
        for (size_t k = 0; k < p->count; k++)
            mean[k] += (c->run.batch_statistics[i][k] - mean[k]) * share;
    }
}

void graph_make_call(const graph *g, const graph_call *c, const op_run *run, int first, int count)
{
    static const meter_pass rows[CALL_KINDS] = {METER_FORWARD, METER_FORWARD, METER_REMAKE,
                                                METER_BACKWARD, METER_BACKWARD};
    const graph_node *node = c->node;
    double since = graph_meter_begin();
    pass_of(node->op, c->kind)(node->config, &node->plan, run);
    graph_meter_end(since, node->name, node->op, rows[c->kind]);
    bool counts = c->kind != CALL_MEASURE && c->kind != CALL_REDUCE && first == 0;
    if (counts) graph_meter_count(node->name, node->op, rows[c->kind], &node->plan, run);
    if (c->kind == CALL_BACKWARD) add_gradients(g, c, first, count);
    if (c->kind == CALL_FORWARD && first == 0) average_statistics(g, c);
}

void graph_call_workers(const graph_pass *p, const graph_node *node, call_kind kind)
{
    for (int w = 0; w < p->g->workers; w++) {
        graph_call c = graph_pass_view(p, node, kind, w);
        struct op_portion whole;
        c.run.portion = graph_whole_portion(p, &c, &whole);
        graph_make_call(p->g, &c, &c.run, 0, node->plan.in[0].n);
    }
}

void graph_choose_writer(graph *g, int i)
{
    const graph_node *node = node_at(g, i);
    for (int k = 0; k < node->plan.input_count; k++) {
        graph_tensor *t = tensor_at(g, node->inputs[k]);
        if (t->wants_gradient && t->gradient_writer == GRAPH_NEVER) t->gradient_writer = i;
    }
}
