// io/files/block_cache.h -- decoded blocks of samples, a fixed number of bytes of them; the one
// unused for longest makes room.
#ifndef IO_FILES_BLOCK_CACHE_H
#define IO_FILES_BLOCK_CACHE_H

#include "base/arena.h"

#include <stdint.h>

typedef struct block_slot {
    uint64_t file, block; // what is in it
    uint64_t used;        // the time of last use, 0 = empty
} block_slot;

typedef struct block_cache {
    arena memory;
    block_slot *slots;
    unsigned char *blocks; // (slot_count, block_bytes)
    size_t slot_count, block_bytes;
    uint64_t now; // uses so far
} block_cache;

// For as many blocks as fit into `budget` bytes, at least one and not more than `most`.
// Errors: ST_INTERNAL no memory.
status block_cache_create(block_cache *cache, size_t block_bytes, size_t budget, uint64_t most);

// The block, or NULL if it is not there.
void *block_cache_find(block_cache *cache, uint64_t file, uint64_t block);

// Room for a block, given out as if it held the block already; block_cache_forget if it then
// cannot be filled.
void *block_cache_claim(block_cache *cache, uint64_t file, uint64_t block);
void block_cache_forget(block_cache *cache, uint64_t file, uint64_t block);

void block_cache_destroy(block_cache *cache);

#endif
