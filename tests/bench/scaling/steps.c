// tests/bench/scaling/steps.c -- steps FLOATS SECONDS STEPS: one worker a rank; prints the
// simulated seconds of a training step of which SECONDS are computing, and the memory that the sum
// takes of a rank. Run by scaling.sh.
//
// Thousands of gradients do not fit in one process: here large pieces of an arena are the same
// memory on all ranks (SMPI then does not copy messages either), and an addition only lets time
// pass. So this file takes the place of base/arena.c and of tree_add. Small pieces, which hold
// tables, are each rank's own.
#include "base/arena.h"
#include "base/clock.h"
#include "comm/reduce.h"
#include "comm/reduce_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LARGE       65536  // bytes
#define MEMORY_RATE 2.0e10 // bytes/s of an addition on one core, 12 for each element

// Of SimGrid, whose header the checkers of this source need not have.
void smpi_execute(double seconds);
void *smpi_shared_malloc(size_t bytes, const char *file, int line);

static size_t memory_of_rank; // SMPI gives each rank its own copy of a global variable

size_t arena_padded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

status arena_create(arena *a, size_t capacity, const char *what)
{
    (void)what;
    *a = (arena){.capacity = capacity};
    memory_of_rank += capacity;
    return ST_OK;
}

void *arena_take(arena *a, size_t bytes)
{
    a->used += arena_padded(bytes);
    ASSERT(a->used <= a->capacity);
    void *piece =
        bytes >= LARGE ? smpi_shared_malloc(bytes, __FILE__, __LINE__) : calloc(1, bytes + 1);
    ASSERT(piece != NULL);
    return piece;
}

// The process ends soon.
void arena_destroy(arena *a)
{
    *a = (arena){0};
}

// In place of memset in comm/reduce.c: a leaf need not be zeroed.
void *clear_small(void *piece, int value, size_t bytes);
void *clear_small(void *piece, int value, size_t bytes)
{
    return bytes < LARGE ? memset(piece, value, bytes) : piece;
}

// NOLINTNEXTLINE(readability-non-const-parameter): comm/reduce_tree.h writes there
void tree_add(float *restrict left, const float *restrict right, size_t count)
{
    (void)left;
    (void)right;
    smpi_execute(12.0 * (double)count / MEMORY_RATE);
}

static int steps(const world *w, size_t count, double seconds, int repeats)
{
    workers v = {.total = w->size, .first = w->rank, .count = 1, .batch = 1};
    reduce *r;
    double waited = 0;
    if (reduce_create(&r, w, &v, count) != ST_OK) return 1;
    world_barrier(w);
    double since = clock_seconds();
    for (int i = 0; i < repeats; i++) {
        reduce_leaf(r);
        smpi_execute(seconds);
        reduce_push(r);
        (void)reduce_finish(r, &waited);
    }
    world_barrier(w);
    double step = (clock_seconds() - since) / repeats;
    if (w->rank == 0)
        printf("%5d ranks  %9.4f s a step  %8.2f ms more than computing  efficiency %6.2f %%  "
               "memory %.1f MB a rank\n",
               w->size, step, 1e3 * (step - seconds), 100 * seconds / step,
               1e-6 * (double)memory_of_rank);
    return 0;
}

int main(int argc, char **argv)
{
    world w;
    if (world_init(&w, &argc, &argv) != ST_OK || argc != 4) return 1;
    int failed = steps(&w, strtoul(argv[1], NULL, 10), strtod(argv[2], NULL),
                       (int)strtol(argv[3], NULL, 10));
    world_fini(&w);
    return failed;
}
