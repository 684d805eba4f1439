// trainer/run/phases.c -- one clock, one current phase.
#include "trainer/run/phases.h"

#include "base/clock.h"
#include "base/pulse.h"
#include "base/trace.h"

const char *const phase_names[PHASE_COUNT] = {"other",  "data",      "forward", "backward",
                                              "reduce", "optimizer", "wait"};

const char *const message_names[MESSAGE_COUNT] = {"leaves", "sums", "gathers"};

static double read_clock(const phases *p)
{
    return p->clock != NULL ? p->clock() : clock_seconds();
}

void phases_enter(phases *p, phase next)
{
    double now = read_clock(p);
    if (p->since > 0) {
        p->seconds[p->now] += now - p->since;
        trace_span(TRACE_PHASES, phase_names[p->now], p->since, now);
    }
    pulse_enter(phase_names[next]);
    p->since = now;
    p->now = next;
}

void phases_count(phases *p, size_t floats)
{
    p->bytes[p->now] += (double)(floats * sizeof(float));
}

void phases_bring(phases *p, message kind, size_t floats)
{
    p->brought[kind] += (double)(floats * sizeof(float));
}

void phases_move(phases *p, phase from, phase to, double seconds)
{
    p->seconds[from] -= seconds;
    p->seconds[to] += seconds;
}

void phases_reset(phases *p)
{
    for (int i = 0; i < PHASE_COUNT; i++)
        p->seconds[i] = p->bytes[i] = 0;
    for (int i = 0; i < MESSAGE_COUNT; i++)
        p->brought[i] = 0;
    p->since = read_clock(p);
}
