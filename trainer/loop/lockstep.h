// trainer/loop/lockstep.h -- how the job's logical workers meet in the middle of a pass.
//
//   lockstep_init ─> graphs join lockstep.team and are planned ─> lockstep_create ─> [passes] ─>
//   lockstep_destroy
//
// models/ runs the own workers of a rank in lockstep and asks its team (models/graph/team.h) for
// sums and collections over all of them; here they are made, by the tree of comm/reduce.h and by
// comm/exchange.h: same bits on any number of ranks.
#ifndef TRAINER_LOOP_LOCKSTEP_H
#define TRAINER_LOOP_LOCKSTEP_H

#include "comm/reduce.h"
#include "models/graph/team.h"
#include "trainer/run/phases.h"

typedef struct lockstep {
    team team; // for graph_join; its state is this struct, which must stay where it is
    const world *world;
    workers workers;
    phases *phases;     // messages count as waiting
    size_t most_floats; // of a sum, as planned
    reduce *reduce;     // NULL: no sum is planned
} lockstep;

// The world and the phases must outlive it.
void lockstep_init(lockstep *l, const world *w, const workers *v, phases *p);

// Collective. After the last graph was planned, before the first pass: memory for the sums.
// Errors, the same on all ranks and printed: ST_INTERNAL, ST_CONFIG.
status lockstep_create(lockstep *l);

void lockstep_destroy(lockstep *l);

#endif
