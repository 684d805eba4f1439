// trainer/commands/plan_cost.h -- from what one rank was measured to need, to a whole job on a
// cluster.
//
// The sum of gradients of n bytes over N nodes of R ranks (comm/reduce.h), not hidden behind
// anything:
//   T = 2 b log2(N R) a  +  2 (R-1)/R n/m  +  2 (N-1)/N n/w  +  (NR-1)/(NR) n/g
//   b = n / 16 MiB, at least 1: buckets in flight;  a = 2 us: latency of a message
//   m = 4 GB/s: a copy between ranks of one node;  g = 20 GB/s: adding;  w: the node's network
//   source: Rabenseifner 2004, with constants of common machines; contention is left out
#ifndef TRAINER_COMMANDS_PLAN_COST_H
#define TRAINER_COMMANDS_PLAN_COST_H

typedef struct plan_measured {
    double step_seconds; // of one rank's share, without any sum over ranks
    double memory_bytes; // of one rank at its highest, the copy for checkpoints included
    double leaf_bytes, checkpoint_bytes;
    double steps_total; // of the schedule
} plan_measured;

typedef struct plan_cost {
    double sum_seconds;  // of gradients, a step
    double step_seconds; // all
    double share;        // of the sum in a step, 0..1
    double run_seconds;  // the whole schedule, without evaluations
} plan_cost;

// network: bytes a second of one node.
plan_cost plan_estimate(const plan_measured *m, int nodes, int ranks_per_node, double network);

#endif
