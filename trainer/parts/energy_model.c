// trainer/parts/energy_model.c -- the trained graph, and one pass over one worker's view.
#include "trainer/parts/energy_model.h"

#include <string.h>

enum { METRIC_LOSS, METRIC_ACCURACY };

status energy_model_create(energy_model *m, const method_setup *setup)
{
    *m = (energy_model){.setup = setup, .accuracy_at = NO_ACCURACY};
    TRY(graph_create(&m->graph, true));
    graph_join(m->graph, setup->team);
    m->images = graph_input(m->graph, "images", setup->view, false);
    return ST_OK;
}

static void find_accuracy(energy_model *m)
{
    const graph_param *found;
    for (int i = 0; (found = graph_statistic_at(m->graph, i)) != NULL; i++)
        if (strcmp(found->name, "energy.accuracy") == 0) m->accuracy_at = found->offset;
}

static status take_memory(energy_model *m)
{
    size_t group = (size_t)method_group_size(m->setup, m->graph);
    size_t beside = group * m->weights.statistic_count * sizeof *m->statistics_beside;
    size_t pointers = group * sizeof *m->statistics;
    TRY(arena_create(&m->memory, arena_padded(beside) + 2 * arena_padded(pointers),
                     "batch statistics"));
    m->statistics_beside = arena_take(&m->memory, beside);
    m->statistics = arena_take(&m->memory, pointers);
    m->gradients = arena_take(&m->memory, pointers);
    return ST_OK;
}

status energy_model_finish(energy_model *m, int energy, int passes, double weight)
{
    m->energy = energy;
    m->passes = passes;
    m->weight = weight;
    graph_keep(m->graph, energy);
    TRY(graph_plan(m->graph));
    TRY(weights_create(&m->weights, m->graph));
    graph_initialise(m->graph, m->setup->seed, m->weights.params, m->weights.statistics);
    find_accuracy(m);
    return take_memory(m);
}

void energy_model_destroy(energy_model *m)
{
    weights_destroy(&m->weights);
    graph_destroy(m->graph);
    arena_destroy(&m->memory);
}

static void add_metrics(const energy_model *m, float share, const float *statistics, float *metrics)
{
    const float *energy = graph_value(m->graph, m->energy);
    double sum = 0;
    for (int i = 0; i < m->setup->view.n; i++)
        sum += (double)energy[i];
    metrics[METRIC_LOSS] += (float)sum * share;
    if (m->accuracy_at != NO_ACCURACY)
        metrics[METRIC_ACCURACY] +=
            statistics[m->accuracy_at] / (float)(m->setup->workers.total * m->passes);
}

// The images of one worker of the group, and where its results go.
static void set_worker(energy_model *m, const method_step *step, worker_group group, int member,
                       int pass, const method_leaf *leaf)
{
    size_t statistics = (size_t)member * m->weights.statistic_count;
    graph_select_worker(m->graph, member);
    graph_set_input(m->graph, m->images, method_view(m->setup, step, pass, group.first + member));
    m->statistics[member] = pass == 0 ? leaf->statistics : m->statistics_beside + statistics;
    m->gradients[member] = leaf->gradient;
}

void energy_model_pass(energy_model *m, const method_step *step, worker_group group, int pass,
                       const method_leaf *leaves)
{
    float share = (float)(m->weight / (double)m->setup->order.batch);
    phases_enter(step->phases, PHASE_FORWARD);
    for (int i = 0; i < group.count; i++)
        set_worker(m, step, group, i, pass, &leaves[i]);
    graph_forward_team(m->graph, true, m->energy, m->statistics);
    for (int i = 0; i < group.count; i++) {
        graph_select_worker(m->graph, i);
        add_metrics(m, share, m->statistics[i], leaves[i].metrics);
        // All passes count alike in the running statistics.
        if (pass > 0)
            weights_average(leaves[i].statistics, m->statistics[i], m->weights.statistic_count,
                            (float)pass / (float)(pass + 1));
    }
    phases_enter(step->phases, PHASE_BACKWARD);
    graph_backward_team(m->graph, m->energy, share, m->gradients);
}
