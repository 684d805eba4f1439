// comm/heartbeat.h -- signs of life of all ranks in one small file of the run folder.
//
// Record r (64 bytes) of the file is rank r's, who alone writes it. Ranks of several hosts see each
// other through the file system that they share anyway, without a message: messages are what may
// have stopped. No clock is compared with another host's. Local; no MPI, so any thread may call.
#ifndef COMM_HEARTBEAT_H
#define COMM_HEARTBEAT_H

#include "base/status.h"

#include <stdint.h>

typedef struct heartbeat {
    uint32_t beats;        // grows while the rank's watchdog lives; 0: it has not begun
    uint32_t start;        // number of the start of the program, the same on all its ranks; never 0
    uint64_t step, sample; // base/pulse.h
    float idle;            // seconds since the rank's main thread got on, when this was written
    int32_t process;       // id on its host
    char phase[15];        // ends in 0, as host
    uint8_t waits;         // 1: for a message
    char host[16];
} heartbeat;

// Makes the file anew with `count` records of zeros. Errors: ST_IO.
status heartbeat_create(const char *path, int count);

// The file is opened and closed each time, and written through: only so do network file systems
// promise that others see it. Errors: ST_IO.
status heartbeat_write(const char *path, int rank, const heartbeat *mine);

// The records of ranks 0 .. count-1 that belong to `start` (0: to any) go into `all`; those that do
// not stay as they were there: another start of the program that writes to the same file says
// nothing about this one. Errors: ST_NO_INPUT, ST_IO.
status heartbeat_read(const char *path, uint32_t start, int count, heartbeat *all);

#endif
