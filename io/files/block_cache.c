// io/files/block_cache.c -- few large blocks, so they are looked for one after the other.
#include "io/files/block_cache.h"

#define MOST_SLOTS 1024

status block_cache_create(block_cache *cache, size_t block_bytes, size_t budget, uint64_t most)
{
    size_t count = budget / block_bytes;
    if (count > MOST_SLOTS) count = MOST_SLOTS;
    if (count > most) count = (size_t)most;
    if (count < 1) count = 1;
    *cache = (block_cache){.slot_count = count, .block_bytes = arena_padded(block_bytes)};
    size_t slots_bytes = arena_padded(count * sizeof(block_slot));
    TRY(arena_create(&cache->memory, slots_bytes + count * cache->block_bytes,
                     "the cache of decoded samples"));
    cache->slots = arena_take(&cache->memory, slots_bytes);
    cache->blocks = arena_take(&cache->memory, count * cache->block_bytes);
    return ST_OK;
}

static block_slot *find_slot(const block_cache *cache, uint64_t file, uint64_t block)
{
    for (size_t i = 0; i < cache->slot_count; i++) {
        block_slot *slot = &cache->slots[i];
        if (slot->used != 0 && slot->file == file && slot->block == block) return slot;
    }
    return NULL;
}

static void *use_slot(block_cache *cache, block_slot *slot)
{
    slot->used = ++cache->now;
    return cache->blocks + (size_t)(slot - cache->slots) * cache->block_bytes;
}

void *block_cache_find(block_cache *cache, uint64_t file, uint64_t block)
{
    block_slot *slot = find_slot(cache, file, block);
    return slot != NULL ? use_slot(cache, slot) : NULL;
}

void *block_cache_claim(block_cache *cache, uint64_t file, uint64_t block)
{
    block_slot *oldest = &cache->slots[0];
    for (size_t i = 1; i < cache->slot_count; i++)
        if (cache->slots[i].used < oldest->used) oldest = &cache->slots[i];
    oldest->file = file;
    oldest->block = block;
    return use_slot(cache, oldest);
}

void block_cache_forget(block_cache *cache, uint64_t file, uint64_t block)
{
    block_slot *slot = find_slot(cache, file, block);
    if (slot != NULL) slot->used = 0;
}

void block_cache_destroy(block_cache *cache)
{
    arena_destroy(&cache->memory);
}
