// base/pulse.c -- a handful of atomic numbers. Relaxed: each is right by itself, and a watcher that
// sees them a moment apart is not misled.
#include "base/pulse.h"

#include "base/clock.h"
#include "base/trace.h"

#include <stdatomic.h>

static _Atomic uint64_t count, step_now, sample_now;
static _Atomic(const char *) phase_now = "start";
static atomic_bool waits_now;

void pulse_tick(void)
{
    atomic_fetch_add_explicit(&count, 1, memory_order_relaxed);
}

void pulse_enter(const char *phase)
{
    atomic_store_explicit(&phase_now, phase, memory_order_relaxed);
    pulse_tick();
}

void pulse_step(uint64_t step)
{
    atomic_store_explicit(&step_now, step, memory_order_relaxed);
    pulse_tick();
}

double pulse_wait_begin(void)
{
    atomic_store_explicit(&waits_now, true, memory_order_relaxed);
    return clock_seconds();
}

double pulse_wait_end(double since, const char *what)
{
    double now = clock_seconds();
    atomic_store_explicit(&waits_now, false, memory_order_relaxed);
    pulse_tick();
    trace_span(TRACE_MESSAGES, what, since, now);
    return now - since;
}

void pulse_sample(uint64_t sample)
{
    atomic_store_explicit(&sample_now, sample, memory_order_relaxed);
}

void pulse_look(pulse *now)
{
    now->count = atomic_load_explicit(&count, memory_order_relaxed);
    now->step = atomic_load_explicit(&step_now, memory_order_relaxed);
    now->sample = atomic_load_explicit(&sample_now, memory_order_relaxed);
    now->phase = atomic_load_explicit(&phase_now, memory_order_relaxed);
    now->waits = atomic_load_explicit(&waits_now, memory_order_relaxed);
}
