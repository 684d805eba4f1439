// base/arena.c -- arenas on anonymous mappings, with huge pages asked for.
#include "base/arena.h"

#include "base/memory_limit.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define ALIGNMENT 64u

static atomic_size_t all_arenas; // bytes of those that exist in this process

size_t arena_padded(size_t bytes)
{
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

status arena_check_room(size_t bytes, const char *what)
{
    return memory_limit_check(what, (double)bytes, (double)atomic_load(&all_arenas));
}

status arena_create(arena *a, size_t capacity, const char *what)
{
    *a = (arena){0};
    if (capacity == 0) capacity = ALIGNMENT;
    TRY(arena_check_room(capacity, what));
    void *memory = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED, ST_INTERNAL,
          "no memory for %s: %.1f MB were asked for; use a smaller batch, more workers or a "
          "smaller model",
          what, (double)capacity * 1e-6);
    (void)madvise(memory, capacity, MADV_HUGEPAGE); // only a hint
    a->base = memory;
    a->capacity = capacity;
    atomic_fetch_add(&all_arenas, capacity);
    return ST_OK;
}

void *arena_take(arena *a, size_t bytes)
{
    size_t padded = arena_padded(bytes);
    ASSERT(a->used + padded <= a->capacity);
    void *piece = a->base + a->used;
    a->used += padded;
    return piece;
}

void arena_destroy(arena *a)
{
    if (a->base != NULL) {
        munmap(a->base, a->capacity);
        atomic_fetch_sub(&all_arenas, a->capacity);
    }
    *a = (arena){0};
}
