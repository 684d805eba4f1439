// trainer/parts/momentum_contrast.c -- see momentum_contrast.h.
#include "trainer/parts/momentum_contrast.h"

#include "base/log.h"

status momentum_contrast_create(momentum_contrast *m, const method_setup *s, uint64_t queue)
{
    uint64_t dim = (uint64_t)s->encoder.head.dim;
    if (queue > 0) TRY(key_queue_create(&m->queue, queue, dim, s->seed));
    for (int pass = 0; pass < LOADER_MAX_VIEWS; pass++)
        m->negatives[pass] = m->queue.keys;
    return model_create(&m->query, s, true);
}

static shape keys_shape(const momentum_contrast *m, uint64_t rows)
{
    return (shape){(int)rows, m->query.setup->encoder.head.dim, 1, 1};
}

int momentum_contrast_keys(momentum_contrast *m)
{
    shape s = keys_shape(m, (uint64_t)m->query.setup->view.n);
    return model_rows(&m->query, "keys", s, m->key.keys);
}

int momentum_contrast_batch_keys(momentum_contrast *m)
{
    shape s = keys_shape(m, m->query.setup->order.batch);
    return model_shared(&m->query, "negatives", s, m->key.keys);
}

int momentum_contrast_queue(momentum_contrast *m)
{
    return model_shared(&m->query, "negatives", keys_shape(m, m->queue.rows), m->negatives);
}

static void fill_mask(const void *state, const model_moment *at, float *mask)
{
    const momentum_contrast *m = state;
    int b = at->setup->view.n;
    const uint64_t *ids = at->step->batch->ids[at->pass] + (size_t)at->own * (size_t)b;
    key_queue_mask(&m->queue, ids, b, at->setup->patches, mask);
}

int momentum_contrast_mask(momentum_contrast *m)
{
    shape s = {m->query.setup->view.n, (int)m->queue.rows, 1, 1};
    return model_filled(&m->query, "mask", s, fill_mask, m);
}

status momentum_contrast_complete(momentum_contrast *m, int energy, double weight,
                                  const key_plan *keys)
{
    model_energy(&m->query, energy, weight);
    TRY(model_finish(&m->query, keys->passes));
    return key_encoder_create(&m->key, &m->query, keys);
}

void momentum_contrast_begin(void *state, const method_step *s)
{
    key_encoder_begin(&((momentum_contrast *)state)->key, s);
}

void momentum_contrast_finish(void *state, const method_step *s)
{
    momentum_contrast *m = state;
    const order *o = &m->query.setup->order;
    for (int draw = 0; draw < m->key.plan.passes; draw++)
        for (uint64_t position = 0; position < o->batch; position++)
            key_queue_add(&m->queue, key_encoder_of_draw(&m->key, draw) + position * m->queue.dim,
                          order_sample(o, s->step, position));
}

size_t momentum_contrast_describe(void *state, checkpoint_array *arrays)
{
    momentum_contrast *m = state;
    size_t count = key_encoder_describe(&m->key, arrays);
    if (m->queue.rows == 0) return count;
    return count + key_queue_describe(&m->queue, arrays != NULL ? arrays + count : NULL);
}

status momentum_contrast_validate(const void *state)
{
    const momentum_contrast *m = state;
    return m->queue.rows > 0 ? key_queue_validate(&m->queue) : ST_OK;
}

void momentum_contrast_tell_idle(const void *state, const view_variety *views)
{
    (void)views;
    const momentum_contrast *m = state;
    const graph *g = m->query.graph;
    if (!m->key.plan.shuffle || graph_statistic_count(g) == 0) return;
    if (m->query.setup->workers.total == 1)
        log_warn(
            "method.shuffle has no effect here: workers: 1 leaves no other worker to deal keys "
            "to, so batch norm sees a query's samples and its key's alike and may give it "
            "away; take workers: 2 or more, or model.norm group");
    else if (graph_meets(g))
        log_warn("method.shuffle has no effect here: batch norm sees the samples of all workers, "
                 "however they are dealt");
}

void momentum_contrast_destroy(void *state)
{
    momentum_contrast *m = state;
    model_destroy(&m->query);
    key_encoder_destroy(&m->key);
    key_queue_destroy(&m->queue);
}
