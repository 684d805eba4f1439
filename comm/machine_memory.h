// comm/machine_memory.h -- memory that all ranks of one machine see, and a gate they pass together.
//
// Not MPI_Win_allocate_shared: Open MPI 4.1 lets the other ranks wait for ever when the first
// cannot have the window, kills them by SIGBUS when /dev/shm is smaller than it looked, and leaves
// a file behind in /dev/shm when it is killed at the wrong moment. Here the memory is an anonymous
// file (memfd) of the first rank, opened by the others through /proc: it has no name, is not bound
// by the size of /dev/shm, is reserved as a whole before it is used, and goes when the last rank
// goes.
#ifndef COMM_MACHINE_MEMORY_H
#define COMM_MACHINE_MEMORY_H

#include "comm/world.h"

#include <stdbool.h>

typedef struct machine_memory {
    unsigned char *base; // (bytes asked for) what all ranks of the machine see
    struct gate *gate;   // where the mapping begins; NULL: there is none
    size_t mapped;       // bytes
    const world *world;  // not owned
} machine_memory;

// Collective over all ranks of the job. Zeroed memory of `bytes` (equal on all ranks of a machine)
// on 64 bytes. The part own_first .. own_first + own_bytes - 1 is placed near this rank; the parts
// of all ranks cover everything that is used. Returns false, on all ranks alike, when some rank of
// some machine cannot have it; rank 0 warns why, once in a job, and it is not tried again.
bool machine_memory_create(machine_memory *m, const world *w, size_t bytes, size_t own_first,
                           size_t own_bytes);

// Collective over the ranks of this machine. What a rank wrote before, all see after. Waiting
// sleeps, so ranks may be more than processors, and lets MPI go on.
void machine_memory_meet(machine_memory *m);

// Local. The memory is gone when all ranks have done so.
void machine_memory_destroy(machine_memory *m);

#endif
