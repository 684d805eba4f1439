// models/graph/team.h -- all logical workers, as operations that meet them see it.
//
// models/ knows nothing of ranks: who builds a graph whose operations meet (models/graph/op.h)
// hands it a team, which can add up or collect what the workers bring. trainer/loop/lockstep.h has
// the one of the job; a graph without one is a team of its own, of one worker.
#ifndef MODELS_GRAPH_TEAM_H
#define MODELS_GRAPH_TEAM_H

#include <stddef.h>

typedef struct team {
    int total; // V logical workers of the job
    int first; // of this process
    int count; // of this process; they run in lockstep
    void *state;
    // Local. Told by graph_plan, before any meeting: sums will have up to so many floats.
    void (*expect)(void *state, size_t floats);
    // Collective. parts (count, floats) of the own workers; total (floats): the sum over all V, the
    // same bits everywhere for any division of the workers.
    void (*sum)(void *state, const float *parts, size_t floats, float *total);
    // Collective. all (V, floats): the parts of all workers in their order.
    void (*gather)(void *state, const float *parts, size_t floats, float *all);
} team;

#endif
