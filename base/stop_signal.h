// base/stop_signal.h -- signals that ask the process to stop, and those it must survive.
//
//   SIGUSR1, SIGUSR2, SIGTERM, SIGINT, SIGHUP   ask; a second SIGINT ends the process at once
//   SIGPIPE, SIGXFSZ                            are ignored: the write fails, and says why
//
// A handler only notes the first signal. Who works looks at stop_signal_check between two pieces of
// work; comm/agree looks for all ranks. One a process; any thread may look.
#ifndef BASE_STOP_SIGNAL_H
#define BASE_STOP_SIGNAL_H

#include "base/status.h"

#include <stdbool.h>

// From now on the signals ask. SIGHUP stays ignored where nohup has made it so. Takes what
// stop_signals_hold has kept.
void stop_signals_listen(void);

// Before this program is started anew by exec: the signals wait until it listens, those noted too.
void stop_signals_hold(void);

// Number of the first signal that has asked; 0: none has.
int stop_signal(void);

// While `own` is true the work stops in a way of its own, and stop_signal_check finds nothing.
void stop_signals_own(bool own);

// ST_STOPPED when a signal has asked and nobody stops in a way of his own, else ST_OK.
status stop_signal_check(void);

#endif
