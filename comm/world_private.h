// comm/world_private.h -- what a world hides from the other folders. Only comm/*.c include this.
#ifndef COMM_WORLD_PRIVATE_H
#define COMM_WORLD_PRIVATE_H

#include "comm/world.h"

#include <mpi.h>

struct world_private {
    MPI_Comm all;                      // our own duplicate of MPI_COMM_WORLD
    char host[MPI_MAX_PROCESSOR_NAME]; // of this rank
    int rank, size;                    // as in the world, for a message when there is none at hand
    int *gather_bytes;                 // (size) scratch of exchange_gather_sizes
    int *gather_starts;                // (size) the same
};

#endif
