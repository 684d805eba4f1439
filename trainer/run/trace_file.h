// trainer/run/trace_file.h -- the trace of all ranks in the run folder (key trace, or train
// --trace).
//
//   trace/rank-00003.json   as the run goes, one a rank
//   trace.json              all of them, when the run has ended in whatever way but by being killed
#ifndef TRAINER_RUN_TRACE_FILE_H
#define TRAINER_RUN_TRACE_FILE_H

#include "comm/world.h"

// Collective. Time 0 is the same moment on all ranks, as near as a barrier can tell. Errors, the
// same on all ranks and printed: ST_IO, ST_INTERNAL.
status trace_file_begin(const world *w, const char *run);

// Collective. Errors as above.
status trace_file_end(const world *w, const char *run);

#endif
