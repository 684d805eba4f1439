// trainer/run/stop.h -- who may ask a training to stop before its end, and how all ranks hear of
// it.
//
//   a signal to any rank           those of base/stop_signal.h
//   max_time seconds are over      rank 0 looks at its clock
//   the file STOP in the run folder  rank 0 looks for it, at most once a second
//
// Each rank puts stop_asked() into its leaves' stop lane; the sum over
// all workers shows it to all ranks after the same step, and they leave together: no rank ever
// decides alone. So a request made during an evaluation waits for the next step to end.
#ifndef TRAINER_RUN_STOP_H
#define TRAINER_RUN_STOP_H

#include "comm/world.h"

typedef struct stop_request {
    double started, max_seconds,
        looked;     // clock_seconds; 0 = no limit; when the file was looked for
    char file[512]; // "" on ranks above 0
    int reason;     // what this rank knows of; 0 = nothing
} stop_request;

// A job's max_time as seconds: "3600", "90:00" or "11:50:00"; "" is 0, no limit. `place` begins the
// message. Errors: ST_CONFIG.
status stop_parse_time(const char *text, const char *place, double *seconds);

// Local. Time counts from `started`; max_seconds: 0 = never. Errors: ST_USAGE when the file STOP is
// there already: the run was asked to end, and nobody has taken that back.
status stop_begin(stop_request *s, const world *w, const char *run, double started,
                  double max_seconds);

// Local. Whether this rank knows a reason to stop. `margin`: seconds needed to stop in good order.
bool stop_asked(stop_request *s, double margin);

// Collective, when all ranks stop. Tells the lowest rank's reason in the log.
void stop_tell(const stop_request *s, const world *w);

#endif
