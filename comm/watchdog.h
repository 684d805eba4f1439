// comm/watchdog.h -- a thread that ends the job with exit code 76 when no rank gets on any more.
//
//   watchdog_start ─> the main thread works, and says so by base/pulse.h ─> watchdog_stop
//
// Each rank's watchdog writes a heartbeat some ten times in `stall` seconds. When its own main
// thread has not got on for `stall` seconds it looks at all heartbeats; when no rank has, the
// lowest rank that gives signs of life (rank 0, unless it is the one that stopped) prints who is
// waited for and ends, and the launcher ends the others. A rank that is not ended by then ends by
// itself, so a lost host or launcher leaves no rank behind. The thread calls no MPI.
#ifndef COMM_WATCHDOG_H
#define COMM_WATCHDOG_H

#include "comm/world.h"

typedef struct watchdog watchdog;

// Seconds between two heartbeats of a rank.
double watchdog_interval(double stall);

// Collective. path: of the file of heartbeats, which is made anew; stall: seconds, above 0. Errors,
// the same on all ranks and printed: ST_IO, ST_INTERNAL.
status watchdog_start(watchdog **out, const world *w, const char *path, double stall);

// Local, by all ranks between the same two agreement points. Another limit; 0: it sleeps, without
// beats.
void watchdog_limit(watchdog *d, double stall);

// Local. d may be NULL.
void watchdog_stop(watchdog *d);

#endif
