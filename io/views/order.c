// io/views/order.c -- an epoch's order is one permutation of all samples, cut into batches.
#include "io/views/order.h"

#include "base/status.h"

uint64_t order_steps_per_epoch(const order *o)
{
    return o->count / o->batch;
}

uint64_t order_sample(const order *o, uint64_t step, uint64_t position)
{
    uint64_t steps = order_steps_per_epoch(o);
    ASSERT(steps > 0 && position < o->batch);
    return permutation_at(o->seed, RNG_ORDER, (uint32_t)(step / steps), 0, o->count,
                          step % steps * o->batch + position);
}

uint64_t order_shuffled(const order *o, uint64_t step, uint64_t row)
{
    return permutation_at(o->seed, RNG_SHUFFLE, 0, step, o->batch, row);
}

uint64_t order_sequential(const order *o, uint64_t step, uint64_t position)
{
    uint64_t sample = step * o->batch + position;
    return sample < o->count ? sample : o->count - 1;
}
