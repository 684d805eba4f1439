// trainer/run/metrics_lines.h -- the lines of a run's metrics.jsonl, read back and cut off.
//
// Each line is one JSON object that begins with {"step":N, as trainer/loop/report.h writes it.
#ifndef TRAINER_RUN_METRICS_LINES_H
#define TRAINER_RUN_METRICS_LINES_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

// Takes one line of step `step`, without its end; the text is valid during the call.
typedef void metrics_take(void *context, uint64_t step, const char *line);

// Local. Calls `take` with each whole line in order; lines without a step are left out. A file that
// is not there has none. Errors: ST_IO, ST_BAD_DATA no regular file.
status metrics_lines_read(const char *path, metrics_take *take, void *context);

// Local. Cuts the file back to the steps up to `step`: its first line of a later step and all
// behind it go, and so does a line without its end. With step 0 nothing stays: the run begins anew.
// *lines: how many are cut off. Errors as above.
status metrics_lines_cut(const char *path, uint64_t step, uint64_t *lines);

// The number under `key` of the outermost object; false when there is none, or it is null.
bool metrics_line_find(const char *line, const char *key, double *value);

#endif
