// models/graph_run.c -- forward and backward passes over a planned graph. No allocation, no errors.
#include "models/graph_meter.h"
#include "models/graph_private.h"
#include "models/kernels/bf16.h"

// What own worker `worker` has where own worker 0 has `place`.
static void *place_of(const graph *g, int worker, void *place)
{
    return place == NULL ? NULL : (unsigned char *)place + (size_t)worker * g->worker_bytes;
}

// Where the node's output lies in a pass.
static float *output_of(const graph *g, int worker, const graph_node *node, meter_pass pass)
{
    bool remade = pass != METER_FORWARD && node->out_remade != NULL;
    return place_of(g, worker, remade ? node->out_remade : node->out);
}

static const float *value_of(const graph *g, int worker, int id, meter_pass pass)
{
    int node = g->tensors[id].node;
    if (node >= 0) return output_of(g, worker, &g->nodes[node], pass);
    return g->provided[worker * g->tensor_count + id];
}

// Views of a node for one call. dparams and batch_statistics are flat arrays, or NULL.
static op_run view_node(const graph *g, const graph_node *node, int worker, meter_pass pass,
                        float *dparams, float *batch_statistics)
{
    op_run run = {.out = output_of(g, worker, node, pass),
                  .saved = place_of(g, worker, node->saved),
                  .packed = node->packed,
                  .scratch = pass == METER_BACKWARD ? node->scratch_backward : node->scratch,
                  .worker = g->meets ? g->team.first + worker : 0};
    for (int i = 0; i < node->plan.input_count; i++)
        run.in[i] = value_of(g, worker, node->inputs[i], pass);
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
        op_run run = view_node(g, node, 0, METER_PREPARE, NULL, NULL);
        double since = graph_meter_begin();
        node->op->prepare(node->config, &node->plan, run.params, node->packed);
        graph_meter_end(since, node->name, node->op, METER_PREPARE, &node->plan, &run);
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
    ASSERT(g->tensors[id].node < 0);
    g->provided[g->selected * g->tensor_count + id] = data;
}

// Where worker `worker` leaves its part for the meeting.
static float *part_of(const graph *g, int worker, const op_meeting *m)
{
    return g->parts + (size_t)worker * m->floats;
}

// Collective.
static void meet(const graph *g, const op_meeting *m)
{
    if (m->gather)
        g->team.gather(g->team.state, g->parts, m->floats, g->total);
    else
        g->team.sum(g->team.state, g->parts, m->floats, g->total);
}

static op_run view_forward(const graph *g, const graph_node *node, int worker, bool training,
                           float *const *batch_statistics)
{
    float *statistics = batch_statistics != NULL ? batch_statistics[worker] : NULL;
    op_run run = view_node(g, node, worker, METER_FORWARD, NULL, statistics);
    run.training = training;
    return run;
}

static void run_forward(const graph *g, const graph_node *node, bool training,
                        float *const *batch_statistics)
{
    const op_meeting *m = &node->plan.forward_meeting;
    if (m->floats > 0) {
        for (int w = 0; w < g->workers; w++) {
            op_run run = view_forward(g, node, w, training, batch_statistics);
            run.part = part_of(g, w, m);
            node->op->forward_part(node->config, &node->plan, &run);
        }
        meet(g, m);
    }
    for (int w = 0; w < g->workers; w++) {
        op_run run = view_forward(g, node, w, training, batch_statistics);
        run.total = g->total;
        double since = graph_meter_begin();
        node->op->forward(node->config, &node->plan, &run);
        graph_meter_end(since, node->name, node->op, METER_FORWARD, &node->plan, &run);
    }
}

// The nodes behind the one that makes `after` (-1: all) up to the one that makes `until`.
static void run_nodes(const graph *g, bool training, int after, int until,
                      float *const *batch_statistics)
{
    int first = after < 0 ? 0 : g->tensors[after].node + 1, last = g->tensors[until].node;
    for (int i = first; i <= last; i++)
        run_forward(g, &g->nodes[i], training, batch_statistics);
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

static void add_floats(float *restrict sum, const float *restrict term, size_t count)
{
    for (size_t i = 0; i < count; i++)
        sum[i] += term[i];
}

static void add_bf16(uint16_t *sum, const uint16_t *term, size_t count)
{
    for (size_t i = 0; i < count; i += LANES) {
        lanes a, b;
        bf16_load(&a, sum + i, count - i);
        bf16_load(&b, term + i, count - i);
        a += b;
        bf16_store(sum + i, &a, count - i);
    }
}

static void add_gradient(const graph *g, const graph_tensor *t, int worker)
{
    void *sum = place_of(g, worker, t->gradient);
    const void *term = place_of(g, worker, t->beside);
    if (t->bf16)
        add_bf16(sum, term, shape_count(t->shape));
    else
        add_floats(sum, term, shape_count(t->shape));
}

static op_run view_backward(const graph *g, const graph_node *node, int worker,
                            float *const *dparams)
{
    float *gradients = dparams != NULL ? dparams[worker] : NULL;
    op_run run = view_node(g, node, worker, METER_BACKWARD, gradients, NULL);
    run.training = true;
    run.dout = place_of(g, worker, g->tensors[node->output].gradient);
    for (int i = 0; i < node->plan.input_count; i++) {
        const graph_tensor *t = &g->tensors[node->inputs[i]];
        if (!t->wants_gradient) continue;
        run.din[i] = place_of(g, worker, t->gradient_written ? t->beside : t->gradient);
    }
    return run;
}

// Runs one node backward. A tensor's gradient is written by the first of its consumers that comes
// by; the others write beside it and are added.
static void run_backward(graph *g, const graph_node *node, float *const *dparams)
{
    const op_meeting *m = &node->plan.backward_meeting;
    if (m->floats > 0) {
        for (int w = 0; w < g->workers; w++) {
            op_run run = view_backward(g, node, w, dparams);
            run.part = part_of(g, w, m);
            node->op->backward_part(node->config, &node->plan, &run);
        }
        meet(g, m);
    }
    for (int w = 0; w < g->workers; w++) {
        op_run run = view_backward(g, node, w, dparams);
        run.total = g->total;
        double since = graph_meter_begin();
        node->op->backward(node->config, &node->plan, &run);
        graph_meter_end(since, node->name, node->op, METER_BACKWARD, &node->plan, &run);
    }
    for (int i = 0; i < node->plan.input_count; i++) {
        graph_tensor *t = &g->tensors[node->inputs[i]];
        if (!t->wants_gradient) continue;
        for (int w = 0; t->gradient_written && w < g->workers; w++)
            add_gradient(g, t, w);
        t->gradient_written = true;
    }
}

static void remake(const graph *g, const graph_node *node)
{
    for (int w = 0; w < g->workers; w++) {
        op_run run = view_node(g, node, w, METER_REMAKE, NULL, NULL);
        run.training = true;
        double since = graph_meter_begin();
        node->op->remake(node->config, &node->plan, &run);
        graph_meter_end(since, node->name, node->op, METER_REMAKE, &node->plan, &run);
    }
}

// Remakes what is due before node `before` runs backward, from number `next` of the list on, of nodes up
// to `last`, which alone have run forward. Returns the next number.
static int remake_due(const graph *g, int next, int before, int last)
{
    int time = 2 * g->node_count - 1 - before;
    for (; next < g->remake_count && g->nodes[g->remakes[next]].remade_at <= time; next++)
        if (g->remakes[next] <= last) remake(g, &g->nodes[g->remakes[next]]);
    return next;
}

static void fill_gradient(const graph *g, graph_tensor *t, float value)
{
    ASSERT(!t->bf16);
    for (int w = 0; w < g->workers; w++) {
        float *gradient = place_of(g, w, t->gradient);
        size_t count = shape_count(t->shape);
        for (size_t i = 0; i < count; i++)
            gradient[i] = value;
    }
    t->gradient_written = true;
}

void graph_backward_team(graph *g, int from, float seed, float *const *dparams)
{
    graph_tensor *start = &g->tensors[from];
    ASSERT(g->backward && start->node >= 0 && start->wants_gradient);
    for (int i = 0; i < g->tensor_count; i++)
        g->tensors[i].gradient_written = false;
    int remade = remake_due(g, 0, start->node, start->node);
    fill_gradient(g, start, seed);
    for (int i = start->node; i >= 0; i--) {
        const graph_node *node = &g->nodes[i];
        remade = remake_due(g, remade, i, start->node);
        // Nodes that `from` does not depend on have no part in it.
        if (node->learns && g->tensors[node->output].gradient_written)
            run_backward(g, node, dparams);
    }
    for (int i = 0; i < g->tensor_count; i++) {
        graph_tensor *t = &g->tensors[i];
        if (t->node < 0 && t->wants_gradient && !t->gradient_written) fill_gradient(g, t, 0.0f);
    }
}

void graph_backward(graph *g, int from, float seed, float *dparams)
{
    ASSERT(g->workers == 1);
    graph_backward_team(g, from, seed, &dparams);
}

const float *graph_value(const graph *g, int id)
{
    ASSERT((g->tensors[id].kept || g->tensors[id].node < 0) && !g->tensors[id].bf16);
    return value_of(g, g->selected, id, METER_FORWARD);
}

const float *graph_gradient(const graph *g, int id)
{
    ASSERT(g->tensors[id].node < 0 && g->tensors[id].wants_gradient);
    return place_of(g, g->selected, g->tensors[id].gradient);
}
