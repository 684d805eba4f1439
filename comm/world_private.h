// comm/world_private.h -- what a world hides from the other folders. Only comm/*.c and their tests
// include this.
#ifndef COMM_WORLD_PRIVATE_H
#define COMM_WORLD_PRIVATE_H

#include "base/pulse.h"
#include "comm/world.h"

#include <mpi.h>

// Around each call of MPI that waits for other ranks: so a watchdog tells who waits from who is
// waited for. `what` is a constant text for the trace.
#define WAITING(what, call)                                                                        \
    do {                                                                                           \
        double waiting_since = pulse_wait_begin();                                                 \
        call;                                                                                      \
        (void)pulse_wait_end(waiting_since, what);                                                 \
    } while (0)

struct world_private {
    MPI_Comm all;                      // our own duplicate of MPI_COMM_WORLD
    MPI_Comm machine;                  // the ranks of this machine, in order
    bool even;                         // rank = machine * local_size + local_rank, on all machines
    bool crowded;                      // some machine has more ranks than processors
    bool may_share;                    // the ranks of a machine can share memory, as far as we know
    char host[MPI_MAX_PROCESSOR_NAME]; // of this rank
    char *hosts;                       // (size, WORLD_HOST_SIZE) of all ranks
    int rank, size;                    // as in the world, for a message when there is none at hand
    int *gather_bytes;                 // (size) scratch of exchange_gather_sizes
    int *gather_starts;                // (size) the same
};

#endif
