// base/arena.h -- one block of memory, handed out piece by piece and given back as a whole.
//
// Plan first (add up sizes with arena_padded), then create once, then take: a run never allocates.
// Every piece starts on 64 bytes, the width of a cache line and of an AVX-512 register.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/status.h"

#include <stddef.h>

typedef struct arena {
    unsigned char *base; // owned
    size_t capacity;     // bytes
    size_t used;         // bytes
} arena;

// `bytes` rounded up to a multiple of 64: what one arena_take(bytes) uses.
size_t arena_padded(size_t bytes);

// Zeroed memory for `capacity` bytes (huge pages where the system has them), owned by the arena.
// Errors, with the number: ST_CONFIG when this and the other arenas are more than this rank may
// take (base/memory_limit.h), ST_INTERNAL when there is not enough free.
status arena_create(arena *a, size_t capacity, const char *what);

// Checks that memory outside an arena can be had, before it is asked for. Errors: ST_CONFIG.
status arena_check_room(size_t bytes, const char *what);

// The next `bytes`; the view lives as long as the arena. Taking more than was planned is a broken
// invariant.
void *arena_take(arena *a, size_t bytes);

void arena_destroy(arena *a);

#endif
