// trainer/parts/key_encoder.c -- moving average, forward passes, gather.
#include "trainer/parts/key_encoder.h"

#include "comm/exchange.h"
#include "trainer/optimizers/schedule.h"

#include <string.h>

static status take_memory(key_encoder *k)
{
    const method_setup *setup = k->query->setup;
    size_t keys = (size_t)setup->order.batch * (size_t)setup->encoder.head.dim * sizeof(float);
    size_t arrays = (size_t)k->plan.passes + (k->plan.shuffle ? 1 : 0);
    TRY(arena_create(&k->memory, arrays * arena_padded(keys), "the keys"));
    for (int p = 0; p < k->plan.passes; p++)
        k->keys[p] = arena_take(&k->memory, keys);
    if (k->plan.shuffle) k->rows = arena_take(&k->memory, keys);
    return ST_OK;
}

status key_encoder_create(key_encoder *k, const model *query, const key_plan *plan)
{
    *k = (key_encoder){.query = query, .plan = *plan};
    TRY(model_create(&k->model, query->setup, false));
    graph *g = k->model.graph;
    k->embedding = encoder_embedding(g, &query->setup->encoder, model_images(&k->model, 1));
    // Keys are copied before queries are computed.
    TRY(model_finish_within(&k->model, k->embedding, query));
    weights_follow(&k->model.weights, &query->weights, 0);
    return take_memory(k);
}

void key_encoder_destroy(key_encoder *k)
{
    model_destroy(&k->model);
    arena_destroy(&k->memory);
}

static void follow(key_encoder *k, const method_step *step)
{
    double passed = (double)step->step / (double)k->query->setup->steps_total;
    double momentum = cosine_between(k->plan.momentum, k->plan.momentum_final, passed);
    weights *w = &k->model.weights;
    phases_enter(step->phases, PHASE_OPTIMIZER);
    weights_follow(w, &k->query->weights, (float)momentum);
    phases_count(step->phases, 3 * w->param_count); // two arrays read, one written
    model_prepare(&k->model, step);
}

// From the order of shuffled rows back to that of batch positions.
static void place(const key_encoder *k, uint64_t step, float *keys)
{
    const method_setup *setup = k->model.setup;
    size_t dim = (size_t)setup->encoder.head.dim;
    for (uint64_t row = 0; row < setup->order.batch; row++) {
        uint64_t position = order_shuffled(&setup->order, step, row);
        memcpy(keys + position * dim, k->rows + row * dim, dim * sizeof(float));
    }
}

// Collective. Keys of all workers' images in `slot`, in the order of batch positions.
static void make_keys(key_encoder *k, const method_step *step, int slot, float *keys)
{
    const method_setup *setup = k->query->setup;
    float *rows = k->plan.shuffle ? k->rows : keys;
    worker_group group = {.count = method_group_size(setup, k->model.graph)};
    for (; group.first < setup->workers.count; group.first += group.count)
        model_embed(&k->model, step, group, slot, k->embedding, rows);
    size_t own = (size_t)setup->view.n * (size_t)setup->encoder.head.dim;
    phases_enter(step->phases, PHASE_WAIT);
    exchange_gather(setup->world, rows + (size_t)setup->workers.first * own,
                    (size_t)setup->workers.count * own * sizeof(float), rows);
    phases_enter(step->phases, PHASE_FORWARD);
    phases_bring(step->phases, MESSAGE_GATHERS, own);
    if (k->plan.shuffle) place(k, step->step, keys);
}

static float *keys_of_draw(const key_encoder *k, int draw)
{
    return k->keys[k->plan.passes - 1 - draw];
}

void key_encoder_begin(key_encoder *k, const method_step *step)
{
    follow(k, step);
    for (int draw = 0; draw < k->plan.passes; draw++)
        make_keys(k, step, k->plan.slot + draw, keys_of_draw(k, draw));
}

const float *key_encoder_of_draw(const key_encoder *k, int draw)
{
    return keys_of_draw(k, draw);
}

size_t key_encoder_describe(const key_encoder *k, checkpoint_array *arrays)
{
    const weights *w = &k->model.weights;
    return weights_describe_params(w, "key", w->params, arrays);
}
