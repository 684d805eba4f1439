// tests/comm/part_world.h -- a world made of the first ranks of all, so that one mpirun tests
// several numbers of ranks.
#ifndef TESTS_COMM_PART_WORLD_H
#define TESTS_COMM_PART_WORLD_H

#include "comm/world_private.h"

#include <stdbool.h>

typedef struct part_world {
    bool inside; // whether this rank is in it; if not, `world` must not be used
    world world;
    struct world_private private; // the world's, so a part must stay where it is
} part_world;

// Collective over `all`. Ranks 0 .. ranks - 1, which keep their numbers.
void part_world_open(part_world *p, const world *all, int ranks);

// Local.
void part_world_close(part_world *p);

#endif
