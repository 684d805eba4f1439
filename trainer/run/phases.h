// trainer/run/phases.h -- where the time of a step goes, on this rank.
#ifndef TRAINER_RUN_PHASES_H
#define TRAINER_RUN_PHASES_H

#include <stddef.h>

typedef enum phase {
    PHASE_OTHER,
    PHASE_DATA,      // waiting for the loader
    PHASE_FORWARD,   // of all encoders
    PHASE_BACKWARD,  //
    PHASE_REDUCE,    // adding up gradients
    PHASE_OPTIMIZER, // update, statistics, queue
    PHASE_WAIT,      // in messages: for the network and for slower ranks
    PHASE_COUNT
} phase;

extern const char *const phase_names[PHASE_COUNT];

// What a logical worker brings to the others, wherever they are: to ranks of the same machine, too.
typedef enum message {
    MESSAGE_LEAVES,  // gradients and what travels with them
    MESSAGE_SUMS,    // parts of sums in the middle of a pass
    MESSAGE_GATHERS, // rows that all others get
    MESSAGE_COUNT
} message;

extern const char *const message_names[MESSAGE_COUNT];

typedef struct phases {
    phase now;
    double (*clock)(void); // NULL: clock_seconds
    double since;          // by the clock, when `now` began
    double seconds[PHASE_COUNT];
    double bytes[PHASE_COUNT];     // read and written by passes over flat arrays
    double brought[MESSAGE_COUNT]; // bytes of one worker
} phases;

// From now on time counts for `next`.
void phases_enter(phases *p, phase next);

// A pass over flat arrays in the current phase has read and written `floats` floats.
void phases_count(phases *p, size_t floats);

// Each worker has brought `floats` floats to the others.
void phases_bring(phases *p, message kind, size_t floats);

// Moves `seconds` of what was counted for `from` to `to`.
void phases_move(phases *p, phase from, phase to, double seconds);

// All counts to zero; the current phase goes on from now.
void phases_reset(phases *p);

#endif
