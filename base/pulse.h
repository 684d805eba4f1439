// base/pulse.h -- what this process is doing, for a thread that watches it.
//
// The main thread says where it is, the loader's what it reads; any thread may look, without locks.
// One a process, as there is one log.
#ifndef BASE_PULSE_H
#define BASE_PULSE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct pulse {
    uint64_t count;    // grows whenever the main thread gets on
    uint64_t step;     // of training
    uint64_t sample;   // that the loader began to read last
    const char *phase; // "forward"
    bool waits;        // inside a message, for other ranks
} pulse;

// The main thread gets on: it enters a phase (text that lives for ever), a step, or is still busy.
// What it may be waiting for, the writer of checkpoints, ticks too.
void pulse_enter(const char *phase);
void pulse_step(uint64_t step);
void pulse_tick(void);

// Around everything that waits for other ranks; `what` is a constant text for the trace.
// pulse_wait_begin returns the time, for pulse_wait_end, which returns the seconds waited.
double pulse_wait_begin(void);
double pulse_wait_end(double since, const char *what);

// The loader's thread.
void pulse_sample(uint64_t sample);

void pulse_look(pulse *now);

#endif
