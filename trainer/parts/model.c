// trainer/parts/model.c -- inputs of each worker, and the passes over its graph.
#include "trainer/parts/model.h"

#include <string.h>

enum { METRIC_LOSS };

status model_create(model *m, const method_setup *setup, bool learns)
{
    *m = (model){.setup = setup, .energy = -1, .restoration = {-1, -1, -1}};
    m->learns = learns && !setup->evaluates;
    TRY(graph_create(&m->graph, m->learns));
    if (setup->team != NULL) graph_join(m->graph, setup->team);
    return ST_OK;
}

int model_add_input(model *m, const char *name, shape s, model_input input)
{
    ASSERT(m->input_count < MODEL_MAX_INPUTS);
    model_input *kept = &m->inputs[m->input_count];
    *kept = input;
    kept->tensor = graph_input(m->graph, name, s, false);
    kept->floats = shape_count(s);
    kept->shape = s;
    kept->number = m->input_count++;
    if (kept->state == NULL) kept->state = kept;
    return kept->tensor;
}

int model_images(model *m, int views)
{
    shape s = m->setup->view;
    s.n *= views;
    return model_add_input(m, "images", s, (model_input){.views = views});
}

int model_rows(model *m, const char *name, shape s, float *const *arrays)
{
    return model_add_input(m, name, s, (model_input){.arrays = arrays});
}

int model_shared(model *m, const char *name, shape s, float *const *arrays)
{
    return model_add_input(m, name, s, (model_input){.arrays = arrays, .shared = true});
}

int model_filled(model *m, const char *name, shape s, model_fill *fill, const void *state)
{
    return model_add_input(m, name, s, (model_input){.fill = fill, .state = state});
}

void model_energy(model *m, int id, double weight)
{
    ASSERT(m->energy_count < MODEL_MAX_ENERGIES);
    m->energies[m->energy_count] = id;
    m->energy_weights[m->energy_count++] = weight;
}

static int metric_number(const model *m, const char *name)
{
    for (int i = 0; i < METHOD_MAX_METRICS && m->setup->metric_names[i] != NULL; i++)
        if (strcmp(m->setup->metric_names[i], name) == 0) return i;
    return -1;
}

static void add_metric(model *m, model_metric_source source)
{
    ASSERT(source.metric >= 0 && m->metric_count < METHOD_MAX_METRICS);
    m->metrics[m->metric_count++] = source;
}

void model_metric(model *m, const char *name, int id)
{
    graph_keep(m->graph, id);
    add_metric(m, (model_metric_source){.tensor = id, .metric = metric_number(m, name)});
}

void model_restores(model *m, model_restoration images)
{
    m->restoration = images;
    if (!m->setup->evaluates) return;
    graph_keep(m->graph, images.original);
    graph_keep(m->graph, images.spoilt);
    graph_keep(m->graph, images.whole);
}

// A batch statistic "node.name" whose name is a metric's is that metric.
static void find_metrics(model *m)
{
    const graph_param *found;
    for (int i = 0; (found = graph_statistic_at(m->graph, i)) != NULL; i++) {
        const char *dot = strrchr(found->name, '.');
        int metric = dot != NULL ? metric_number(m, dot + 1) : -1;
        if (metric < 0 || found->count != 1) continue;
        add_metric(m, (model_metric_source){.tensor = -1, .at = found->offset, .metric = metric});
    }
}

// One energy as it is, several as their weighted sum.
static void join_energies(model *m)
{
    const double *w = m->energy_weights;
    ASSERT(m->energy_count > 0);
    m->energy = m->energies[0];
    m->weight = w[0];
    if (m->energy_count > 1) {
        m->weight = 1;
        m->energy = graph_add(m->graph, "weighted_sum", "energies", m->energies, m->energy_count,
                              "{first: %.17g, second: %.17g, third: %.17g, fourth: %.17g}", w[0],
                              w[1], w[2], w[3]);
    }
    graph_keep(m->graph, m->energy);
    for (int i = 0; i < m->metric_count; i++) // a pass ends at the energy
        ASSERT(m->metrics[i].tensor <= m->energy || m->energy < 0);
}

// Whether the rows of an input are brought together before a pass.
static bool needs_room(const model_input *input)
{
    return input->views > 1 || input->fill != NULL;
}

static status take_memory(model *m)
{
    size_t group = (size_t)method_group_size(m->setup, m->graph);
    size_t beside = group * m->weights.statistic_count * sizeof *m->statistics_beside;
    size_t pointers = group * sizeof *m->statistics;
    size_t bytes = arena_padded(beside) + 2 * arena_padded(pointers);
    for (int i = 0; i < m->input_count; i++)
        if (needs_room(&m->inputs[i]))
            bytes += arena_padded(group * m->inputs[i].floats * sizeof(float));
    TRY(arena_create(&m->memory, bytes, "a method's inputs"));
    m->statistics_beside = arena_take(&m->memory, beside);
    m->statistics = arena_take(&m->memory, pointers);
    m->gradients = arena_take(&m->memory, pointers);
    for (int i = 0; i < m->input_count; i++)
        if (needs_room(&m->inputs[i]))
            m->inputs[i].room = arena_take(&m->memory, group * m->inputs[i].floats * sizeof(float));
    return ST_OK;
}

status model_finish(model *m, int passes)
{
    ASSERT(m->learns || m->setup->evaluates);
    m->passes = passes;
    join_energies(m);
    TRY(graph_plan(m->graph));
    TRY(weights_create(&m->weights, m->graph));
    graph_initialise(m->graph, m->setup->seed, m->weights.params, m->weights.statistics);
    find_metrics(m);
    return take_memory(m);
}

status model_finish_within(model *m, int id, const model *host)
{
    ASSERT(!m->learns);
    graph_keep(m->graph, id);
    TRY(graph_plan_within(m->graph, host->graph));
    TRY(weights_create(&m->weights, m->graph));
    return take_memory(m);
}

void model_destroy(model *m)
{
    weights_destroy(&m->weights);
    graph_destroy(m->graph);
    arena_destroy(&m->memory);
}

void model_prepare(model *m, const method_step *step)
{
    phases_enter(step->phases, PHASE_FORWARD);
    graph_prepare(m->graph);
}

static const float *view_rows(const model_input *input, const model_moment *at, float *room)
{
    const method_setup *setup = at->setup;
    if (input->views == 1) return method_view(setup, at->step, at->pass, at->own);
    size_t floats = shape_count(setup->view);
    for (int v = 0; v < input->views; v++)
        memcpy(room + (size_t)v * floats, method_view(setup, at->step, at->pass + v, at->own),
               floats * sizeof *room);
    return room;
}

static const float *input_rows(const model_input *input, const model_moment *at, float *room)
{
    if (input->views > 0) return view_rows(input, at, room);
    if (input->fill != NULL) {
        input->fill(input->state, at, room);
        return room;
    }
    const float *all = input->arrays[at->pass];
    size_t worker = (size_t)at->setup->workers.first + (size_t)at->own;
    return input->shared ? all : all + worker * input->floats;
}

// The inputs of one worker of the group.
static void set_inputs(model *m, const method_step *step, worker_group group, int member, int pass)
{
    model_moment moment = {m->setup, step, group.first + member, pass};
    graph_select_worker(m->graph, member);
    for (int i = 0; i < m->input_count; i++) {
        const model_input *input = &m->inputs[i];
        float *room = needs_room(input) ? input->room + (size_t)member * input->floats : NULL;
        graph_set_input(m->graph, input->tensor, input_rows(input, &moment, room));
    }
}

// Of the selected worker: the sum over the first `rows` of a tensor (n, 1, 1, 1).
static double sum_first(const model *m, int id, int rows)
{
    const float *values = graph_value(m->graph, id);
    double sum = 0;
    for (int i = 0; i < rows; i++)
        sum += (double)values[i];
    return sum;
}

static double sum_rows(const model *m, int id)
{
    return sum_first(m, id, graph_shape(m->graph, id).n);
}

// What one worker's row counts in a mean over the global batch.
static double row_share(const model *m, int id)
{
    return 1 / (double)((int64_t)graph_shape(m->graph, id).n * m->setup->workers.total);
}

static float loss_share(const model *m)
{
    int64_t rows = (int64_t)graph_shape(m->graph, m->energy).n * m->setup->workers.total;
    return (float)(m->weight / (double)rows);
}

static void add_metrics(const model *m, const float *statistics, float *metrics)
{
    metrics[METRIC_LOSS] += (float)sum_rows(m, m->energy) * loss_share(m);
    for (int i = 0; i < m->metric_count; i++) {
        const model_metric_source *s = &m->metrics[i];
        double passes = m->passes;
        metrics[s->metric] +=
            s->tensor < 0 ? statistics[s->at] / (float)(m->setup->workers.total * m->passes)
                          : (float)(sum_rows(m, s->tensor) * row_share(m, s->tensor) / passes);
    }
}

// Where the results of one worker of the group go.
static void set_results(model *m, int member, int pass, const method_leaf *leaf)
{
    size_t statistics = (size_t)member * m->weights.statistic_count;
    m->statistics[member] = pass == 0 ? leaf->statistics : m->statistics_beside + statistics;
    m->gradients[member] = leaf->gradient;
}

// Forward and backward of one pass.
static void run_pass(model *m, const method_step *step, worker_group group, int pass,
                     const method_leaf *leaves)
{
    phases_enter(step->phases, PHASE_FORWARD);
    for (int i = 0; i < group.count; i++) {
        set_inputs(m, step, group, i, pass);
        set_results(m, i, pass, &leaves[i]);
    }
    graph_forward_team(m->graph, true, m->energy, m->statistics);
    for (int i = 0; i < group.count; i++) {
        graph_select_worker(m->graph, i);
        add_metrics(m, m->statistics[i], leaves[i].metrics);
        // All passes count alike in the running statistics.
        if (pass > 0)
            weights_average(leaves[i].statistics, m->statistics[i], m->weights.statistic_count,
                            (float)pass / (float)(pass + 1));
    }
    phases_enter(step->phases, PHASE_BACKWARD);
    graph_backward_team(m->graph, m->energy, loss_share(m), m->gradients);
}

void model_run(model *m, const method_step *step, worker_group group, const method_leaf *leaves)
{
    for (int pass = 0; pass < m->passes; pass++)
        run_pass(m, step, group, pass, leaves);
}

void model_measure(model *m, const method_step *step, int rows, double *sums)
{
    set_inputs(m, step, (worker_group){0, 1}, 0, 0);
    graph_forward(m->graph, false, m->energy, NULL);
    sums[METRIC_LOSS] += m->weight * sum_first(m, m->energy, rows);
    for (int i = 0; i < m->metric_count; i++)
        if (m->metrics[i].tensor >= 0)
            sums[m->metrics[i].metric] += sum_first(m, m->metrics[i].tensor, rows);
}

void model_embed(model *m, const method_step *step, worker_group group, int pass, int id,
                 float *rows)
{
    size_t floats = shape_count(graph_shape(m->graph, id));
    phases_enter(step->phases, PHASE_FORWARD);
    for (int i = 0; i < group.count; i++)
        set_inputs(m, step, group, i, pass);
    graph_forward_team(m->graph, true, id, NULL);
    for (int i = 0; i < group.count; i++) {
        size_t worker = (size_t)m->setup->workers.first + (size_t)(group.first + i);
        graph_select_worker(m->graph, i);
        memcpy(rows + worker * floats, graph_value(m->graph, id), floats * sizeof *rows);
    }
}
