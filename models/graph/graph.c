// models/graph/graph.c -- building a graph: tensors, nodes, parameters, initial weights.
#include "models/graph/graph_chains.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_nothing(void *state, size_t floats)
{
    (void)state, (void)floats;
}

// The sum of one part, and the parts of one worker.
static void take_part(void *state, const float *parts, size_t floats, float *total)
{
    (void)state;
    memcpy(total, parts, floats * sizeof *total);
}

static const team team_of_one = {
    .total = 1, .count = 1, .expect = expect_nothing, .sum = take_part, .gather = take_part};

// A third of it or less is one tensor's; three or four are in use, in a second cache of 1 or 2 MB.
enum { PORTION_BYTES = 1 << 19 };

status graph_create(graph **g, bool backward)
{
    *g = calloc(1, sizeof **g);
    CHECK(*g != NULL, ST_INTERNAL, "no memory for a graph");
    (*g)->backward = backward;
    (*g)->team = team_of_one;
    (*g)->portion_bytes = PORTION_BYTES;
    (*g)->parameters = &(*g)->own;
    return ST_OK;
}

void graph_join(graph *g, const team *t)
{
    ASSERT(g->node_count == 0);
    g->team = *t;
}

void graph_share(graph *g, parameters *shared)
{
    ASSERT(g->node_count == 0);
    g->parameters = shared;
}

const parameters *graph_parameters(const graph *g)
{
    return g->parameters;
}

void graph_set_arithmetic(graph *g, arithmetic a)
{
    g->arithmetic = a;
}

void graph_set_portions(graph *g, size_t bytes)
{
    g->portion_bytes = bytes;
}

// `items` with room for one more item of `size` bytes, which is zeroed; NULL: no memory, and
// `items` is as before.
static void *grown(void *items, int used, int *capacity, size_t size)
{
    if (used == *capacity) {
        int wider = *capacity == 0 ? 32 : 2 * *capacity;
        items = realloc(items, (size_t)wider * size);
        if (items == NULL) return NULL;
        *capacity = wider;
    }
    memset((char *)items + (size_t)used * size, 0, size);
    return items;
}

static status no_memory(void)
{
    return failure(ST_INTERNAL, "no memory for the list of a graph's parts");
}

static status add_tensor(graph *g, shape s, int block, bool bf16, int node)
{
    ASSERT(s.n > 0 && s.c > 0 && s.h > 0 && s.w > 0 && s.c % block == 0);
    graph_tensor *list = grown(g->tensors, g->tensor_count, &g->tensor_capacity, sizeof *list);
    if (list == NULL) return no_memory();
    g->tensors = list;
    graph_tensor *t = &list[g->tensor_count++];
    t->shape = s;
    t->block = block;
    t->bf16 = bf16;
    t->node = node;
    return ST_OK;
}

int graph_input(graph *g, const char *name, shape s, bool wants_gradient)
{
    if (g->error != ST_OK) return -1;
    g->error = add_tensor(g, s, 1, false, -1);
    if (g->error != ST_OK) return -1;
    graph_tensor *t = tensor_at(g, g->tensor_count - 1);
    t->wants_gradient = t->reaches_input = wants_gradient && g->backward;
    t->name = name;
    return g->tensor_count - 1;
}

static status parse_config(graph_node *node, const char *text)
{
    static const config_field none[] = {{0}};
    node->config = calloc(1, node->op->config_size + 1); // + 1: no operation without an address
    if (node->config == NULL) return no_memory();
    const config_field *fields = node->op->fields != NULL ? node->op->fields : none;
    char origin[GRAPH_NAME_SIZE + 32];
    snprintf(origin, sizeof origin, "%s '%s'", node->op->name, node->name);
    config *c = NULL;
    TRY(config_parse(&c, text, origin, 0, NULL));
    status s = config_read(c, "", (const config_part[]){{fields, node->config}, {NULL, NULL}});
    config_destroy(c);
    return s;
}

static status connect(graph *g, graph_node *node, const int *inputs, int input_count)
{
    CHECK(input_count >= node->op->min_inputs && input_count <= node->op->max_inputs, ST_INTERNAL,
          "%s '%s' takes %d to %d inputs, got %d", node->op->name, node->name, node->op->min_inputs,
          node->op->max_inputs, input_count);
    node->plan.workers = g->team.total;
    node->plan.input_count = input_count;
    node->plan.backward = g->backward;
    node->plan.arithmetic = g->arithmetic;
    for (int i = 0; i < input_count; i++) {
        for (int k = 0; k < i; k++)
            ASSERT(inputs[k] != inputs[i]); // one gradient a tensor and node
        node->inputs[i] = inputs[i];
        graph_tensor *t = tensor_at(g, inputs[i]);
        int *consumers =
            grown(t->consumers, t->consumer_count, &t->consumer_capacity, sizeof *consumers);
        if (consumers == NULL) return no_memory();
        t->consumers = consumers;
        t->consumers[t->consumer_count++] = g->node_count - 1;
        node->plan.in[i] = t->shape;
        node->plan.in_block[i] = t->block;
        node->plan.in_bf16[i] = t->bf16;
        node->learns = node->learns || t->wants_gradient;
    }
    return ST_OK;
}

// The operation's plan; its errors get the node's name, which it does not know.
static status plan_node(graph_node *node)
{
    status s = node->op->plan(node->config, &node->plan);
    if (s == ST_OK) return ST_OK;
    char cause[1024];
    snprintf(cause, sizeof cause, "%s", status_message());
    status_clear();
    return failure(s, "node '%s': %s", node->name, cause);
}

// Nodes of its name before it, which have running statistics in common.
static int sharers_before(const graph *g, const graph_node *node)
{
    int count = 0;
    for (const graph_node *other = g->nodes; other < node; other++)
        count += node->plan.statistic_count > 0 && strcmp(other->name, node->name) == 0;
    return count;
}

// The node's own parameters and statistics, or those of an earlier node of this name, in this graph
// or in another.
static status place_params(graph *g, graph_node *node)
{
    const op_plan *p = &node->plan;
    node->sharers_before = sharers_before(g, node);
    TRY(parameters_declare(&g->parameters->learned, node->name, p->params, p->constraints,
                           p->param_count, &node->first_param));
    return parameters_declare(&g->parameters->statistics, node->name, p->statistics, NULL,
                              p->statistic_count, &node->first_statistic);
}

static status add_node(graph *g, const char *op, const char *name, const int *inputs,
                       int input_count, const char *config_text)
{
    graph_node *list = grown(g->nodes, g->node_count, &g->node_capacity, sizeof *list);
    if (list == NULL) return no_memory();
    g->nodes = list;
    graph_node *node = &list[g->node_count++];
    node->op = op_find(op);
    CHECK(node->op != NULL, ST_INTERNAL, "node '%s': no operation is called '%s'", name, op);
    CHECK(snprintf(node->name, sizeof node->name, "%s", name) < (int)sizeof node->name, ST_INTERNAL,
          "node name too long: %s", name);
    TRY(parse_config(node, config_text));
    TRY(connect(g, node, inputs, input_count));
    TRY(graph_prepare_link(g, node));
    TRY(plan_node(node));
    node->learns =
        g->backward && node->op->backward != NULL && (node->learns || node->plan.param_count > 0);
    TRY(place_params(g, node));
    TRY(add_tensor(g, node->plan.out, node->plan.out_block, node->plan.out_bf16,
                   g->node_count - 1));
    node->output = g->tensor_count - 1;
    graph_tensor *made = tensor_at(g, node->output);
    made->wants_gradient = node->learns;
    for (int i = 0; i < input_count && node->learns; i++)
        made->reaches_input = made->reaches_input || tensor_at(g, node->inputs[i])->reaches_input;
    return ST_OK;
}

// Operations that take floats only get them.
static status widen_inputs(graph *g, const op_type *op, const char *name, int *inputs,
                           int input_count)
{
    for (int i = 0; i < input_count; i++) {
        if (!tensor_at(g, inputs[i])->bf16 || op == NULL || op->takes_bf16) continue;
        char full[GRAPH_NAME_SIZE + 32]; // add_node refuses a name that is too long
        snprintf(full, sizeof full, "%s.widen%d", name, i);
        TRY(add_node(g, "widen", full, &inputs[i], 1, "{}"));
        inputs[i] = g->tensor_count - 1;
    }
    return ST_OK;
}

// An operation's inputs of the first one's shape come in its layout too.
static status reorder_inputs(graph *g, const char *name, int *inputs, int input_count)
{
    for (int i = 1; i < input_count; i++) {
        const graph_tensor *first = tensor_at(g, inputs[0]), *t = tensor_at(g, inputs[i]);
        if (first->block == t->block || !shape_equal(first->shape, t->shape)) continue;
        char full[GRAPH_NAME_SIZE], text[32];
        snprintf(full, sizeof full, "%s.reorder%d", name, i);
        snprintf(text, sizeof text, "{block: %d}", first->block);
        TRY(widen_inputs(g, op_find("reorder"), full, &inputs[i], 1));
        TRY(add_node(g, "reorder", full, &inputs[i], 1, text));
        inputs[i] = g->tensor_count - 1;
    }
    return ST_OK;
}

int graph_add(graph *g, const char *op, const char *name, const int *inputs, int input_count,
              const char *config_format, ...)
{
    if (g->error != ST_OK) return -1;
    char text[512];
    va_list arguments;
    va_start(arguments, config_format);
    int length = vsnprintf(text, sizeof text, config_format, arguments);
    va_end(arguments);
    ASSERT(length < (int)sizeof text);
    int own[OP_MAX_INPUTS];
    ASSERT(input_count >= 1 && input_count <= OP_MAX_INPUTS);
    for (int i = 0; i < input_count; i++) {
        ASSERT(inputs[i] >= 0 && inputs[i] < g->tensor_count);
        own[i] = inputs[i];
    }
    g->error = widen_inputs(g, op_find(op), name, own, input_count);
    if (g->error == ST_OK) g->error = reorder_inputs(g, name, own, input_count);
    if (g->error == ST_OK) g->error = add_node(g, op, name, own, input_count, text);
    return g->error == ST_OK ? g->tensor_count - 1 : -1;
}

shape graph_shape(const graph *g, int id)
{
    if (g->error != ST_OK) return (shape){0};
    return tensor_at(g, id)->shape;
}

void graph_keep(graph *g, int id)
{
    if (g->error == ST_OK) tensor_at(g, id)->kept = true;
}

size_t graph_param_count(const graph *g)
{
    return g->parameters->learned.floats;
}

size_t graph_statistic_count(const graph *g)
{
    return g->parameters->statistics.floats;
}

const graph_param *graph_param_at(const graph *g, int i)
{
    return i < g->parameters->learned.count ? &g->parameters->learned.items[i] : NULL;
}

const graph_param *graph_statistic_at(const graph *g, int i)
{
    return i < g->parameters->statistics.count ? &g->parameters->statistics.items[i] : NULL;
}

void graph_bind(graph *g, const float *params, const float *statistics)
{
    g->bound_params = params;
    g->bound_statistics = statistics;
}

void graph_initialise(const graph *g, uint64_t seed, float *params, float *statistics)
{
    parameters_initialise(g->parameters, seed, params, statistics);
}

void graph_destroy(graph *g)
{
    if (g == NULL) return;
    for (int i = 0; i < g->node_count; i++) {
        graph_node *node = node_at(g, i);
        if (node->op != NULL && node->op->release != NULL) node->op->release(&node->plan);
        free(node->config);
        free(node->link);
    }
    if (!g->within) arena_destroy(&g->memory);
    for (int i = 0; i < g->tensor_count; i++)
        free(tensor_at(g, i)->consumers);
    free(g->statistics_beside);
    free(g->provided);
    free(g->remakes);
    free(g->tensors);
    free(g->nodes);
    free(g->own.learned.items);
    free(g->own.statistics.items);
    free(g);
}
