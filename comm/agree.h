// comm/agree.h -- a failure on one rank is a failure on all.
//
// Between two agreement points a function is either wholly local or wholly collective. At the point
// every rank brings its own status; if any is bad, the lowest failing rank prints its message, and
// every rank gets that rank's status. So all leave by the same door with the same exit code.
#ifndef COMM_AGREE_H
#define COMM_AGREE_H

#include "comm/world.h"

#include <stdint.h>

// Collective. `mine` is this rank's status with its message (status_message). Returns ST_OK when
// all ranks are well; else the lowest failing rank's status, its message already printed (once, as
// "basin: error on rank R (host H): ..."; without the rank part on a job of one rank), and this
// thread's message cleared. A failure without a message was agreed on before and is not printed
// again, so a status may pass through several points. A rank that a signal has asked to stop
// (base/stop_signal.h) brings ST_STOPPED.
status agree(const world *w, status mine);

// Collective. The same behind the last piece of work, whose output is there: too late to stop.
status agree_done(const world *w, status mine);

// Collective. Fails with ST_CONFIG on all ranks unless `value` is equal on all of them; the message
// is that of the lowest rank that differs from rank 0, printed as by agree.
//   what  names the thing in the message, "job file"
status agree_same(const world *w, uint64_t value, const char *what);

// Collective. The same for a text of less than AGREE_TEXT_SIZE bytes; the message has both texts
// and both hosts. `cure` ends it: what to do.
#define AGREE_TEXT_SIZE 320
status agree_same_text(const world *w, const char *text, const char *what, const char *cure);

#endif
