// base/trace.h -- what this process did when, as a Chrome trace that ui.perfetto.dev opens.
//
//   trace_open ─> trace_span ... ─> trace_flush now and then ─> trace_close
//
// One a process. Spans go to memory; a file of one event a line is written by trace_flush. The file
// is "[" and then events that each end in a comma, a form that readers accept without its end, so
// the trace of a job that was killed can be looked at too.
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include "base/status.h"

#include <stdint.h>

// The rows of a process.
typedef enum trace_row { TRACE_PHASES, TRACE_MESSAGES, TRACE_LOADER, TRACE_STEPS } trace_row;

// Time 0 is now. number, name: of the process in the picture, "rank 3 on n01". Errors: ST_IO,
// ST_INTERNAL.
status trace_open(const char *path, int number, const char *name);

// From any thread; nothing happens without an open trace, and when memory is full until the next
// flush the span is counted as lost. name: a constant text. Times: clock_seconds.
void trace_span(trace_row row, const char *name, double start, double end);

// The same with a number behind the name.
void trace_numbered(trace_row row, const char *name, uint64_t number, double start, double end);

// Writes what has come so far. Errors: ST_IO, once; then the trace is closed.
status trace_flush(void);

// Flushes and closes. Without an open trace nothing happens. Errors: ST_IO.
status trace_close(void);

#endif
