// trainer/run/stop.c -- a signal, a clock and a file.
#include "trainer/run/stop.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/stop_signal.h"
#include "comm/exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_SECONDS 1.0

// Reasons that are no signals; those are told by their numbers.
enum { NO_REASON = 0, TIME_IS_OVER = -1, FILE_IS_THERE = -2 };

// Digits up to `end`, or -1.
static double read_part(const char **at, const char *end)
{
    double value = 0;
    if (*at == end) return -1;
    for (; *at < end; (*at)++) {
        if (**at < '0' || **at > '9') return -1;
        value = 10 * value + (**at - '0');
    }
    return value;
}

status stop_parse_time(const char *text, const char *place, double *seconds)
{
    *seconds = 0;
    if (text[0] == '\0') return ST_OK;
    int parts = 0;
    bool good = strlen(text) <= 12;
    for (const char *at = text; good; at++) {
        double part = read_part(&at, at + strcspn(at, ":"));
        good = part >= 0 && ++parts <= 3 && (parts == 1 || part < 60);
        *seconds = 60 * *seconds + part;
        if (*at == '\0') break;
    }
    CHECK(good && *seconds > 0, ST_CONFIG,
          "%s: max_time: '%s' is no time; write seconds (3600), minutes:seconds (90:00) or "
          "hours:minutes:seconds (11:50:00)",
          place, text);
    return ST_OK;
}

status stop_begin(stop_request *s, const world *w, const char *run, double started,
                  double max_seconds)
{
    *s = (stop_request){.started = started, .max_seconds = max_seconds};
    if (w->rank != 0) return ST_OK;
    int length = snprintf(s->file, sizeof s->file, "%s/STOP", run);
    ASSERT(length < (int)sizeof s->file);
    CHECK(access(s->file, F_OK) != 0, ST_USAGE,
          "%s: this file asks the run to stop; delete it to let the run go on", s->file);
    return ST_OK;
}

// Rank 0.
static int look_around(stop_request *s, double margin)
{
    double now = clock_seconds();
    if (s->max_seconds > 0 && now - s->started + margin >= s->max_seconds) return TIME_IS_OVER;
    if (now - s->looked < POLL_SECONDS) return NO_REASON;
    s->looked = now;
    return access(s->file, F_OK) == 0 ? FILE_IS_THERE : NO_REASON;
}

bool stop_asked(stop_request *s, double margin)
{
    if (s->reason == NO_REASON) s->reason = stop_signal();
    if (s->reason == NO_REASON && s->file[0] != '\0') s->reason = look_around(s, margin);
    return s->reason != NO_REASON;
}

void stop_tell(const stop_request *s, const world *w)
{
    int *reasons = calloc((size_t)w->size, sizeof *reasons);
    ASSERT(reasons != NULL);
    exchange_gather(w, &s->reason, sizeof s->reason, reasons);
    int rank = 0;
    while (rank < w->size - 1 && reasons[rank] == NO_REASON)
        rank++;
    if (reasons[rank] == TIME_IS_OVER)
        log_info("stopping: max_time, %.0f s, is as good as over", s->max_seconds);
    else if (reasons[rank] == FILE_IS_THERE)
        log_info("stopping: %s asks for it", s->file);
    else
        log_info("stopping: rank %d was sent signal %d (%s)", rank, reasons[rank],
                 strsignal(reasons[rank]));
    free(reasons);
}
