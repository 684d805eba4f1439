// comm/exchange.c -- data that moves between ranks without arithmetic (and sums of counts, which
// have no rounding).
#include "comm/exchange.h"
#include "comm/world_private.h"

#include <limits.h>

// Bytes as MPI counts them.
static int mpi_count(size_t bytes)
{
    ASSERT(bytes <= INT_MAX);
    return (int)bytes;
}

// MPI forbids that what is sent lies inside what is received, unless it is told.
static const void *unless_in_place(const void *mine, const void *place)
{
    return mine == place ? MPI_IN_PLACE : mine;
}

void exchange_gather(const world *w, const void *mine, size_t bytes, void *all)
{
    int count = mpi_count(bytes);
    const char *place = (const char *)all + (size_t)w->rank * bytes;
    WAITING("gather", MPI_Allgather(unless_in_place(mine, place), count, MPI_BYTE, all, count,
                                    MPI_BYTE, w->private->all));
}

void exchange_gather_sizes(const world *w, const void *mine, const size_t *bytes, void *all)
{
    int *counts = w->private->gather_bytes, *starts = w->private->gather_starts;
    size_t end = 0;
    for (int rank = 0; rank < w->size; rank++) {
        counts[rank] = mpi_count(bytes[rank]);
        starts[rank] = mpi_count(end);
        end += bytes[rank];
    }
    const char *place = (const char *)all + starts[w->rank];
    WAITING("gather", MPI_Allgatherv(unless_in_place(mine, place), counts[w->rank], MPI_BYTE, all,
                                     counts, starts, MPI_BYTE, w->private->all));
}

void exchange_broadcast(const world *w, void *data, size_t bytes, int root)
{
    const size_t piece = (size_t)1 << 30; // MPI counts in int
    for (size_t start = 0; start < bytes; start += piece) {
        int count = mpi_count(bytes - start < piece ? bytes - start : piece);
        WAITING("broadcast",
                MPI_Bcast((char *)data + start, count, MPI_BYTE, root, w->private->all));
    }
}

void exchange_sum(const world *w, uint64_t *values, int count)
{
    WAITING("sum of counts",
            MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_UINT64_T, MPI_SUM, w->private->all));
}

void exchange_sum_any_order(const world *w, const float *values, float *sums, int count)
{
    WAITING("sum in any order",
            MPI_Allreduce(values, sums, count, MPI_FLOAT, MPI_SUM, w->private->all));
}
