// tests/comm/part_world.c -- see part_world.h.
#include "tests/comm/part_world.h"

#include "tests/check.h"

#include <stdlib.h>

// What world_init would find out if there were no other ranks.
static void describe(part_world *p, const world *all)
{
    struct world_private *mine = &p->private;
    *mine = *all->private;
    MPI_Comm_split(all->private->all, 0, all->rank, &mine->all);
    MPI_Comm_split_type(mine->all, MPI_COMM_TYPE_SHARED, all->rank, MPI_INFO_NULL, &mine->machine);
    MPI_Comm_rank(mine->all, &mine->rank);
    MPI_Comm_size(mine->all, &mine->size);
    p->world = (world){.rank = mine->rank, .size = mine->size, .private = mine};
    MPI_Comm_rank(mine->machine, &p->world.local_rank);
    MPI_Comm_size(mine->machine, &p->world.local_size);
    mine->even = p->world.local_size == mine->size; // else sums go by messages
    mine->gather_bytes = calloc((size_t)mine->size, sizeof *mine->gather_bytes);
    mine->gather_starts = calloc((size_t)mine->size, sizeof *mine->gather_starts);
    if (mine->gather_bytes == NULL || mine->gather_starts == NULL) abort();
}

void part_world_open(part_world *p, const world *all, int ranks)
{
    *p = (part_world){.inside = all->rank < ranks};
    if (p->inside) {
        describe(p, all);
        return;
    }
    MPI_Comm none;
    MPI_Comm_split(all->private->all, MPI_UNDEFINED, all->rank, &none);
}

void part_world_close(part_world *p)
{
    if (p->inside) {
        free(p->private.gather_bytes);
        free(p->private.gather_starts);
        MPI_Comm_free(&p->private.machine);
        MPI_Comm_free(&p->private.all);
    }
    *p = (part_world){0};
}
