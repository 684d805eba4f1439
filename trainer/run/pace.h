// trainer/run/pace.h -- which rank is slow, and where.
//
// Ranks wait for each other in every step, so all take the same time by the clock; what tells them
// apart is the time that they do not wait. Compared with the median of all ranks: a rank is a
// straggler when it takes 30 % more and its excess is 6 deviations (1.4826 times the median
// absolute deviation, which for normal noise is the standard deviation).
#ifndef TRAINER_RUN_PACE_H
#define TRAINER_RUN_PACE_H

#include "comm/world.h"
#include "trainer/run/phases.h"

typedef struct pace_found {
    double median, deviation; // seconds that ranks did not wait; of an even number the lower median
    int slowest;              // rank
    double seconds;           // its
    phase phase;              // in which it exceeds the median of that phase most
    double excess;            // seconds
    bool straggles;
} pace_found;

typedef struct pace {
    double *seconds; // (size, PHASE_COUNT) of all ranks since the last look
    double *sorted;  // (size) scratch
    pace_found found;
    int straggler, told;   // rank (-1: none), rank last warned of (-1)
    int streak;            // looks in a row that found this straggler
    double streak_seconds; // that it took, without waiting
} pace;

// seconds: (ranks, PHASE_COUNT); sorted: scratch of `ranks`.
pace_found pace_find(const double *seconds, int ranks, double *sorted);

// Local. Errors: ST_INTERNAL.
status pace_create(pace *p, const world *w);

// Collective. Compares the ranks' phases; rank 0 warns once of a straggler that was one five times
// in a row and for half a minute.
void pace_look(pace *p, const world *w, const phases *mine);

void pace_destroy(pace *p);

#endif
