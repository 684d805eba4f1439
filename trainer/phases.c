// trainer/phases.c -- one clock, one current phase.
#include "trainer/phases.h"

#include "base/clock.h"

const char *const phase_names[PHASE_COUNT] = {"other",  "data",      "forward", "backward",
                                              "reduce", "optimizer", "wait"};

void phases_enter(phases *p, phase next)
{
    double now = clock_seconds();
    if (p->since > 0) p->seconds[p->now] += now - p->since;
    p->since = now;
    p->now = next;
}

void phases_move(phases *p, phase from, phase to, double seconds)
{
    p->seconds[from] -= seconds;
    p->seconds[to] += seconds;
}

void phases_reset(phases *p)
{
    for (int i = 0; i < PHASE_COUNT; i++)
        p->seconds[i] = 0;
    p->since = clock_seconds();
}
