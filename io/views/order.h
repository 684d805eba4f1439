// io/views/order.h -- which sample stands where: pure functions of (seed, epoch, step), no list
// anywhere.
//
// An epoch is count / batch whole steps over a permutation of all samples; the rest is dropped and
// differs from epoch to epoch. There must be at least one step: count >= batch. Position p of the
// global batch belongs to logical worker p / b, b = batch / workers. For shuffled batch norm the
// key views are dealt to the workers by a second permutation of the positions.
#ifndef IO_VIEWS_ORDER_H
#define IO_VIEWS_ORDER_H

#include "base/rng.h"

// A step's number tells its shuffling apart (base/rng.h).
#define ORDER_MOST_STEPS ((uint64_t)1 << 48)

typedef struct order {
    uint64_t seed;
    uint64_t count; // samples in the data set
    uint64_t batch; // global batch
} order;

uint64_t order_steps_per_epoch(const order *o);

// The sample at position 0 .. batch-1 of step `step` (counted from the start of training).
uint64_t order_sample(const order *o, uint64_t step, uint64_t position);

// The batch position whose key stands in row `row` (0 .. batch-1) of the shuffled key batch.
uint64_t order_shuffled(const order *o, uint64_t step, uint64_t row);

// The sample at `position` of step `step` when samples are taken as they are stored, for
// evaluation: step * batch + position; beyond the end the last sample is repeated.
uint64_t order_sequential(const order *o, uint64_t step, uint64_t position);

#endif
