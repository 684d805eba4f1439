// trainer/parts/key_encoder.c -- moving average, forward passes of the own workers, gather.
#include "trainer/parts/key_encoder.h"

#include "comm/exchange.h"
#include "trainer/optimizers/schedule.h"

#include <string.h>

// Floats of one worker's keys.
static size_t worker_floats(const key_encoder *k)
{
    return (size_t)k->setup->view.n * (size_t)k->setup->encoder.head.dim;
}

static status take_memory(key_encoder *k)
{
    size_t keys = (size_t)k->setup->workers.total * worker_floats(k) * sizeof(float);
    TRY(arena_create(&k->memory, arena_padded(keys), "the keys"));
    k->rows = arena_take(&k->memory, keys);
    return ST_OK;
}

status key_encoder_create(key_encoder *k, const method_setup *setup, const weights *query)
{
    *k = (key_encoder){.setup = setup};
    TRY(graph_create(&k->graph, false));
    graph_join(k->graph, setup->team);
    k->images = graph_input(k->graph, "images", setup->view, false);
    k->embedding = encoder_embedding(k->graph, &setup->encoder, k->images);
    graph_keep(k->graph, k->embedding);
    TRY(graph_plan_within(k->graph, query->graph)); // keys are copied before queries are computed
    TRY(weights_create(&k->weights, k->graph));
    ASSERT(k->weights.param_count <= query->param_count);
    memcpy(k->weights.params, query->params, k->weights.param_count * sizeof(float));
    return take_memory(k);
}

void key_encoder_destroy(key_encoder *k)
{
    weights_destroy(&k->weights);
    graph_destroy(k->graph);
    arena_destroy(&k->memory);
}

void key_encoder_follow(key_encoder *k, const method_step *step, const weights *query, double first,
                        double last)
{
    double passed = (double)step->step / (double)k->setup->steps_total;
    double momentum = cosine_between(first, last, passed);
    phases_enter(step->phases, PHASE_OPTIMIZER);
    weights_average(k->weights.params, query->params, k->weights.param_count, (float)momentum);
    phases_count(step->phases, 3 * k->weights.param_count); // two arrays read, one written
    phases_enter(step->phases, PHASE_FORWARD);
    graph_prepare(k->graph);
}

// Collective where the graph meets. Keys of a group's rows of a slot, into their places among all rows.
static void compute_group(key_encoder *k, const method_step *step, worker_group group, int slot,
                          float *rows)
{
    for (int i = 0; i < group.count; i++) {
        graph_select_worker(k->graph, i);
        graph_set_input(k->graph, k->images, method_view(k->setup, step, slot, group.first + i));
    }
    graph_forward_team(k->graph, true, k->embedding, NULL);
    for (int i = 0; i < group.count; i++) {
        graph_select_worker(k->graph, i);
        memcpy(rows + (size_t)(k->setup->workers.first + group.first + i) * worker_floats(k),
               graph_value(k->graph, k->embedding), worker_floats(k) * sizeof(float));
    }
}

static void compute_own(key_encoder *k, const method_step *step, int slot, float *rows)
{
    worker_group group = {.count = method_group_size(k->setup, k->graph)};
    for (; group.first < k->setup->workers.count; group.first += group.count)
        compute_group(k, step, group, slot, rows);
}

// From the order of shuffled rows back to that of batch positions.
static void place(const key_encoder *k, uint64_t step, float *keys)
{
    size_t dim = (size_t)k->setup->encoder.head.dim;
    for (uint64_t row = 0; row < k->setup->order.batch; row++) {
        uint64_t position = order_shuffled(&k->setup->order, step, row);
        memcpy(keys + position * dim, k->rows + row * dim, dim * sizeof(float));
    }
}

void key_encoder_keys(key_encoder *k, const method_step *step, int slot, bool shuffled, float *keys)
{
    float *rows = shuffled ? k->rows : keys;
    size_t first = (size_t)k->setup->workers.first * worker_floats(k);
    size_t bytes = (size_t)k->setup->workers.count * worker_floats(k) * sizeof(float);
    compute_own(k, step, slot, rows);
    phases_enter(step->phases, PHASE_WAIT);
    exchange_gather(k->setup->world, rows + first, bytes, rows);
    phases_enter(step->phases, PHASE_FORWARD);
    if (shuffled) place(k, step->step, keys);
}

size_t key_encoder_describe(const key_encoder *k, checkpoint_array *arrays)
{
    return weights_describe_params(&k->weights, "key", k->weights.params, arrays);
}

const float *key_encoder_own(const key_encoder *k, const float *keys, int own)
{
    return keys + (size_t)(k->setup->workers.first + own) * worker_floats(k);
}
