// comm/world.h -- all ranks of the job, and the end of all of them at once.
//
// MPI is called from the thread that called world_init, and from no other (MPI_THREAD_FUNNELED).
#ifndef COMM_WORLD_H
#define COMM_WORLD_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct world {
    int rank, size;                // among all
    int local_rank, local_size;    // among those of this machine
    struct world_private *private; // communicator; opaque outside comm/
} world;

// Collective. Starts MPI, silences the log of ranks above 0, turns ASSERT into MPI_Abort, and warns
// once when a machine has more ranks than cores, where waiting ranks yield. From here on no rank
// waits for ever (comm/rank_watch.h). Without mpirun: one rank.
// Errors, after which MPI is not running and world_fini is not called: ST_USAGE when the job
// scheduler has several tasks but MPI sees one rank (with the cure; BASIN_ALLOW_SINGLE=1 in the
// environment allows it); ST_INTERNAL when the thread level is missing.
status world_init(world *w, int *argc, char ***argv);

// Collective. Call once at the end, also after errors that all ranks know of.
void world_fini(world *w);

// Ends all ranks at once with `code`; for failures the others cannot be told of. Flushes stdio, and
// works before world_init and after world_fini too (ends this process).
void world_abort(status code) __attribute__((noreturn));

// Local. The host of any rank, cut to what fits.
#define WORLD_HOST_SIZE 64
void world_host(const world *w, int rank, char host[WORLD_HOST_SIZE]);

// Collective. Seconds that this rank waited are counted by the caller.
void world_barrier(const world *w);

#endif
