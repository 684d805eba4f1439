// models/graph/graph_run.c -- forward and backward passes over a planned graph: node by node, or where nodes are
// chained (models/graph/graph_chains.h) portion by portion. No allocation, no errors.
#include "models/graph/graph_meter.h"
#include "models/graph/graph_views.h"
#include "models/kernels/bf16.h"

// One pass: what all its calls have in common.
typedef struct graph_pass {
    graph *g;
    bool training;
    int first, last; // nodes
    float *const
        *arrays;  // of each worker: batch statistics forward, dparams backward; NULL: not wanted
    int measured; // the node that has been measured, or reduced, last
    int remade;   // number of the next in the list of remakes
} graph_pass;

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

static graph_call view(const graph_pass *p, const graph_node *node, call_kind kind, int worker)
{
    float *array = p->arrays != NULL ? p->arrays[worker] : NULL;
    bool forward = kind == CALL_MEASURE || kind == CALL_FORWARD;
    graph_call c =
        graph_view(p->g, node, kind, worker, forward ? NULL : array, forward ? array : NULL);
    c.run.training = p->training;
    c.run.measured = (int)(node - p->g->nodes) == p->measured;
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

// A portion of the gradient that lies beside is added to what others have written.
static void add_gradient(const graph *g, const graph_tensor *t, int worker, portion part)
{
    size_t sample = shape_count(t->shape) / (size_t)t->shape.n, count = sample * (size_t)part.count;
    size_t before = tensor_bytes(t->shape, t->bf16) / (size_t)t->shape.n * (size_t)part.first;
    void *sum = advance(graph_place(g, worker, t->gradient), before);
    const void *term = advance(graph_place(g, worker, t->beside), before);
    if (t->bf16)
        add_bf16(sum, term, count);
    else
        add_floats(sum, term, count);
}

static void add_gradients(const graph *g, const graph_call *c, portion part)
{
    for (int i = 0; i < c->node->plan.input_count; i++)
        if (c->beside[i]) add_gradient(g, tensor_at(g, c->node->inputs[i]), c->worker, part);
}

// Makes the call for a portion.
static void make_call(const graph *g, const graph_call *c, portion part)
{
    static const meter_pass rows[CALL_KINDS] = {METER_FORWARD, METER_FORWARD, METER_REMAKE,
                                                METER_BACKWARD, METER_BACKWARD};
    const op_type *op = c->node->op;
    op_pass *const passes[CALL_KINDS] = {op->measure, op->forward, op->remake, op->reduce,
                                         op->backward};
    const op_run run = graph_view_portion(g, c, part);
    double since = graph_meter_begin();
    passes[c->kind](c->node->config, &c->node->plan, &run);
    graph_meter_end(since, c->node->name, op, rows[c->kind]);
    bool counts = c->kind != CALL_MEASURE && c->kind != CALL_REDUCE && part.first == 0;
    if (counts) graph_meter_count(c->node->name, op, rows[c->kind], &c->node->plan, &run);
    if (c->kind == CALL_BACKWARD) add_gradients(g, c, part);
}

// Portion by portion, all calls; `count` samples at a time.
static void make_calls(const graph *g, const graph_call *calls, int call_count, int count)
{
    int batch = calls[0].run.samples;
    for (portion part = {0, count}; part.first < batch; part.first += count)
        for (int i = 0; i < call_count; i++)
            make_call(g, &calls[i], part);
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
        graph_call c = view(p, node, kind, w);
        c.run.part = part_of(g, w, m);
        half(node->config, &node->plan, &c.run);
    }
    if (m->gather)
        g->team.gather(g->team.state, g->parts, m->floats, g->total);
    else
        g->team.sum(g->team.state, g->parts, m->floats, g->total);
}

static bool within(const graph_pass *p, int i)
{
    return i >= p->first && i <= p->last;
}

// The whole batch of each worker.
static void call_workers(const graph_pass *p, const graph_node *node, call_kind kind)
{
    for (int w = 0; w < p->g->workers; w++) {
        const graph_call c = view(p, node, kind, w);
        make_call(p->g, &c, (portion){0, c.run.samples});
    }
}

// A leader is measured at least, before it runs by portions.
static void measure(graph_pass *p, int i, call_kind kind)
{
    if (p->measured != i) call_workers(p, node_at(p->g, i), kind);
    p->measured = i;
}

static void run_chain_forward(graph_pass *p, int i, bool led, bool followed)
{
    const graph_node *node = node_at(p->g, i);
    for (int w = 0; w < p->g->workers; w++) {
        graph_call calls[3];
        int count = 0;
        if (led) calls[count++] = view(p, node_at(p->g, i - 1), CALL_FORWARD, w);
        calls[count++] = view(p, node, CALL_FORWARD, w);
        if (followed) calls[count++] = view(p, node_at(p->g, i + 1), CALL_MEASURE, w);
        make_calls(p->g, calls, count, node->plan.forward_portion);
    }
    if (followed) p->measured = i + 1;
}

static void run_forward(graph_pass *p, int i)
{
    const graph *g = p->g;
    const graph_node *node = node_at(g, i);
    bool led = within(p, i - 1) && node_at(g, i - 1)->leads_forward;
    bool followed = within(p, i + 1) && node_at(g, i + 1)->follows_forward;
    if (node->leads_forward && within(p, i + 1))
        measure(p, i, CALL_MEASURE); // the rest with the next node
    else if (led || followed)
        run_chain_forward(p, i, led, followed);
    else {
        meet(p, node, CALL_FORWARD, &node->plan.forward_meeting, node->op->forward_part);
        call_workers(p, node, CALL_FORWARD);
    }
}

// The nodes behind the one that makes `after` (-1: all) up to the one that makes `until`.
static void run_nodes(graph *g, bool training, int after, int until, float *const *batch_statistics)
{
    ASSERT(!tensor_at(g, until)->value_passes && (after < 0 || !tensor_at(g, after)->value_passes));
    graph_pass p = {.g = g,
                    .training = training,
                    .first = after < 0 ? 0 : tensor_at(g, after)->node + 1,
                    .last = tensor_at(g, until)->node,
                    .arrays = batch_statistics,
                    .measured = -1};
    for (int i = p.first; i <= p.last; i++)
        run_forward(&p, i);
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

// A tensor's gradient is written by the first of its consumers that comes by; the others write beside it and
// are added.
static void choose_writer(graph *g, int i)
{
    const graph_node *node = node_at(g, i);
    for (int k = 0; k < node->plan.input_count; k++) {
        graph_tensor *t = tensor_at(g, node->inputs[k]);
        if (t->wants_gradient && t->gradient_writer == GRAPH_NEVER) t->gradient_writer = i;
    }
}

static void run_chain_backward(graph_pass *p, int i, bool led, bool followed)
{
    const graph_node *node = node_at(p->g, i);
    bool remakes = led && tensor_at(p->g, node->inputs[0])->remade_passes;
    if (followed) choose_writer(p->g, i + 1);
    choose_writer(p->g, i);
    for (int w = 0; w < p->g->workers; w++) {
        graph_call calls[4];
        int count = 0;
        if (followed) calls[count++] = view(p, node_at(p->g, i + 1), CALL_BACKWARD, w);
        if (remakes) calls[count++] = view(p, node_at(p->g, i - 1), CALL_REMAKE, w);
        calls[count++] = view(p, node, CALL_BACKWARD, w);
        if (led) calls[count++] = view(p, node_at(p->g, i - 1), CALL_REDUCE, w);
        make_calls(p->g, calls, count, node->plan.backward_portion);
    }
    if (led) p->measured = i - 1;
}

static void run_backward(graph_pass *p, int i)
{
    const graph *g = p->g;
    const graph_node *node = node_at(g, i);
    bool led = i > 0 && node_at(g, i - 1)->leads_backward;
    bool followed = within(p, i + 1) && node_at(g, i + 1)->follows_backward;
    if (node->follows_backward)
        measure(p, i, CALL_REDUCE); // the rest with the node before
    else if (led || followed)
        run_chain_backward(p, i, led, followed);
    else {
        choose_writer(p->g, i);
        meet(p, node, CALL_BACKWARD, &node->plan.backward_meeting, node->op->backward_part);
        call_workers(p, node, CALL_BACKWARD);
    }
}

// Remakes what is due before node `before` runs backward, of nodes that have run forward.
static void remake_due(graph_pass *p, int before)
{
    const graph *g = p->g;
    int time = 2 * g->node_count - 1 - before;
    for (; p->remade < g->remake_count; p->remade++) {
        const graph_node *node = node_at(g, g->remakes[p->remade]);
        if (node->remade_at > time) return;
        if (g->remakes[p->remade] <= p->last) call_workers(p, node, CALL_REMAKE);
    }
}

static void fill_gradient(const graph *g, graph_tensor *t, float value)
{
    ASSERT(!t->bf16 && !t->gradient_passes);
    for (int w = 0; w < g->workers; w++) {
        float *gradient = graph_place(g, w, t->gradient);
        size_t count = shape_count(t->shape);
        for (size_t i = 0; i < count; i++)
            gradient[i] = value;
    }
    t->gradient_writer = g->node_count;
}

// Has the output a gradient, now or when the node behind has run with this one?
static bool has_part(const graph_pass *p, int i)
{
    const graph *g = p->g;
    bool follower = within(p, i + 1) && node_at(g, i + 1)->follows_backward;
    return node_at(g, i)->learns &&
           (tensor_at(g, node_at(g, i)->output)->gradient_writer != GRAPH_NEVER ||
            (follower && p->measured == i + 1));
}

void graph_backward_team(graph *g, int from, float seed, float *const *dparams)
{
    graph_tensor *start = tensor_at(g, from);
    ASSERT(g->backward && start->node >= 0 && start->wants_gradient);
    for (int i = 0; i < g->tensor_count; i++)
        tensor_at(g, i)->gradient_writer = GRAPH_NEVER;
    graph_pass p = {
        .g = g, .training = true, .last = start->node, .arrays = dparams, .measured = -1};
    remake_due(&p, start->node);
    fill_gradient(g, start, seed);
    for (int i = start->node; i >= 0; i--) {
        remake_due(&p, i);
        // Nodes that `from` does not depend on have no part in it.
        if (has_part(&p, i)) run_backward(&p, i);
    }
    for (int i = 0; i < g->tensor_count; i++) {
        graph_tensor *t = tensor_at(g, i);
        if (t->node < 0 && t->wants_gradient && t->gradient_writer == GRAPH_NEVER)
            fill_gradient(g, t, 0.0f);
    }
}

void graph_backward(graph *g, int from, float seed, float *dparams)
{
    ASSERT(g->workers == 1);
    graph_backward_team(g, from, seed, &dparams);
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
