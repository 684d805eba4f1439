// base/log.h -- what the program tells the person at the terminal. stderr, one line a call, and
// only from the process that speaks (rank 0; comm/world.c silences the others).
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

void log_set_silent(bool silent);
bool log_is_silent(void);

// "basin: ..." on stderr.
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
// "basin: warning: ..." on stderr.
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));

// One live line that replaces itself when stderr is a terminal, cut to its width; otherwise a plain
// line at most every `interval` seconds. progress_end closes the live line so that later lines
// start afresh.
void progress_line(double interval, const char *format, ...) __attribute__((format(printf, 2, 3)));
void progress_end(void);

#endif
