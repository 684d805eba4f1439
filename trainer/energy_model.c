// trainer/energy_model.c -- the trained graph, and one pass over one worker's view.
#include "trainer/energy_model.h"

#include <string.h>

enum { METRIC_LOSS, METRIC_ACCURACY };

status energy_model_create(energy_model *m, const method_setup *setup)
{
    *m = (energy_model){.setup = setup, .accuracy_at = NO_ACCURACY};
    TRY(graph_create(&m->graph, true));
    m->images = graph_input(m->graph, "images", setup->view, false);
    return ST_OK;
}

static void find_accuracy(energy_model *m)
{
    const graph_param *found;
    for (int i = 0; (found = graph_statistic_at(m->graph, i)) != NULL; i++)
        if (strcmp(found->name, "energy.accuracy") == 0) m->accuracy_at = found->offset;
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
    size_t statistics = m->weights.statistic_count * sizeof(float);
    TRY(arena_create(&m->memory, arena_padded(statistics), "batch statistics"));
    m->statistics_beside = arena_take(&m->memory, statistics);
    return ST_OK;
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

void energy_model_pass(energy_model *m, const method_step *step, int own, int pass,
                       const method_leaf *leaf)
{
    float share = (float)(m->weight / (double)m->setup->order.batch);
    float *statistics = pass == 0 ? leaf->statistics : m->statistics_beside;
    phases_enter(step->phases, PHASE_FORWARD);
    graph_set_input(m->graph, m->images, method_view(m->setup, step, pass, own));
    graph_forward(m->graph, true, m->energy, statistics);
    add_metrics(m, share, statistics, leaf->metrics);
    // All passes count alike in the running statistics.
    if (pass > 0)
        weights_average(leaf->statistics, statistics, m->weights.statistic_count,
                        (float)pass / (float)(pass + 1));
    phases_enter(step->phases, PHASE_BACKWARD);
    graph_backward(m->graph, m->energy, share, leaf->gradient);
}
