// comm/rank_watch.h -- no rank waits for ever, in any command: a watchdog from the start of MPI to
// its end.
//
// The heartbeats (comm/heartbeat.h) lie in memory of the first rank when all ranks are on one
// machine, else in a file of the current folder, if all ranks see it there; it is deleted at the
// end. A training has a watchdog of its own in its run folder, beside which this one sleeps.
//
// BASIN_STALL=seconds in the environment: how long no rank may get on, 0 = for ever, 300 without
// it. A job's watch.stall takes its place once the job is read.
#ifndef COMM_RANK_WATCH_H
#define COMM_RANK_WATCH_H

#include "comm/world.h"

// Local, before MPI. Other ranks that do not begin are waited for so long, then the process ends
// with ST_STALLED. Errors: ST_USAGE when BASIN_STALL is no number of seconds.
status rank_watch_before(void);

// Collective, as soon as messages can be sent. Where no heartbeats can be kept, rank 0 warns.
void rank_watch_begin(const world *w);

// Local, by all ranks between the same two agreement points. 0: never.
void rank_watch_limit(double seconds);

// Local, the same. Another watchdog watches meanwhile.
void rank_watch_pause(bool pause);

// Local, after MPI.
void rank_watch_end(void);

#endif
