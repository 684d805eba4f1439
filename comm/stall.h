// comm/stall.h -- from signs of life to a verdict: has the job stopped, who is to say so, and who
// is waited for. Pure: no clock, no file, no thread; a test can play any job.
#ifndef COMM_STALL_H
#define COMM_STALL_H

#include "comm/heartbeat.h"

#include <stdbool.h>
#include <stddef.h>

// What one rank has seen of another.
typedef struct stall_sight {
    uint32_t beats; // newest
    double since;   // when they last grew, or when looking began; seconds of this rank's clock
} stall_sight;

typedef struct stall_view {
    int rank, size;         // of the rank that looks
    double limit, silence;  // seconds: without progress = stalled; without a beat = no sign of life
    const heartbeat *beats; // (size) newest
    stall_sight *sights;    // (size)
    double begun;           // looking, seconds
} stall_view;

// Looking begins at `now`, with v->beats just read.
void stall_begin(stall_view *v, double now);

// Takes in v->beats, read at `now`. True: looking has gone on for v->silence seconds, so it is
// known which ranks give signs of life, and none of these has got on for v->limit seconds.
bool stall_found(stall_view *v, double now);

// No beat for v->silence seconds: stopped, dead, or its host is lost.
bool stall_is_silent(const stall_view *v, int rank, double now);

// The lowest rank that gives signs of life; it reports. The looking rank lives.
int stall_judge(const stall_view *v, double now);

// The table: who is where since when, first those that are waited for, at most 32 rows, then what
// it means. Ends in 0 whatever its size.
void stall_describe(const stall_view *v, double now, char *text, size_t size);

#endif
