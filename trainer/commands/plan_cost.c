// trainer/commands/plan_cost.c -- the formula of the header.
#include "trainer/commands/plan_cost.h"

#include <math.h>

#define BUCKET_BYTES 16777216.0
#define LATENCY      2e-6
#define NODE_COPY    4e9
#define ADDING       20e9

plan_cost plan_estimate(const plan_measured *m, int nodes, int ranks_per_node, double network)
{
    double n = m->leaf_bytes, inside = ranks_per_node, outside = nodes, ranks = inside * outside;
    double buckets = fmax(1, ceil(n / BUCKET_BYTES));
    plan_cost c = {0};
    c.sum_seconds = 2 * buckets * log2(ranks) * LATENCY +
                    2 * (inside - 1) / inside * n / NODE_COPY +
                    2 * (outside - 1) / outside * n / network + (ranks - 1) / ranks * n / ADDING;
    c.step_seconds = m->step_seconds + c.sum_seconds;
    c.share = c.sum_seconds / c.step_seconds;
    c.run_seconds = c.step_seconds * m->steps_total;
    return c;
}
