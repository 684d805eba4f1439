// trainer/run/run_owner.h -- one training at a time in a run folder: who it is, and what a second
// one does.
//
//   run_owner_take ─> train ─> run_owner_release
//
// Rank 0 locks RUN/owner (an OFD lock, which the kernel takes from a process that ends in whatever
// way) and writes one line into it: host, process, job of the scheduler, since when. Where the file
// system has no locks, or the line is of another host (some file systems lock within a host alone),
// the line is believed while the heartbeat of that training's rank 0 goes on (comm/heartbeat.h).
// Who only reads a run needs none of this.
#ifndef TRAINER_RUN_RUN_OWNER_H
#define TRAINER_RUN_RUN_OWNER_H

#include "comm/world.h"

#define OWNER_LINE_SIZE 256

typedef struct run_owner {
    char run[256];
    int file; // RUN/owner; -1: not open, and on ranks above 0
    bool is_owner, is_locked, is_lockless_told, is_look_told;
    char line[OWNER_LINE_SIZE]; // who owns it: this training, or the one that is in the way
} run_owner;

// Collective. Makes the folder if need be. `beat`: seconds between heartbeats of this training
// (comm/watchdog.h), 0: it will have none. Another training is waited for with `waits`. Errors, the
// same on all ranks and printed: ST_USAGE another training owns the folder, which is named; ST_IO.
// ST_STOPPED a signal came while waiting.
status run_owner_take(run_owner *o, const world *w, const char *run, double beat, bool waits);

// Local. Also after an error.
void run_owner_release(run_owner *o);

#endif
