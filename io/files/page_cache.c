// io/files/page_cache.c -- each page has one place where it may be, so that finding it takes one
// look.
#include "io/files/page_cache.h"

#include "base/input.h"

#include <inttypes.h>
#include <string.h>

#define PAGE_BYTES ((size_t)4096)
#define PAGE_SLOTS ((size_t)1024)

typedef struct page_slot {
    uint64_t file, page;
    size_t bytes; // that the file has of it; 0: nothing is here
} page_slot;

status page_cache_create(page_cache *cache)
{
    size_t slots_bytes = arena_padded(PAGE_SLOTS * sizeof(page_slot));
    TRY(arena_create(&cache->memory, slots_bytes + PAGE_SLOTS * PAGE_BYTES, "pages of files"));
    cache->slots = arena_take(&cache->memory, slots_bytes);
    cache->pages = arena_take(&cache->memory, PAGE_SLOTS * PAGE_BYTES);
    return ST_OK;
}

void page_cache_destroy(page_cache *cache)
{
    arena_destroy(&cache->memory);
}

static status file_ends(const open_file *file, uint64_t offset)
{
    return failure(ST_BAD_DATA, "%s: ends at byte %" PRIu64 ", before its samples do", file->path,
                   offset);
}

status open_file_read(const open_file *file, uint64_t offset, void *to, size_t bytes)
{
    size_t got;
    TRY(input_read(file->descriptor, file->path, offset, to, bytes, &got));
    return got == bytes ? ST_OK : file_ends(file, offset + got);
}

static status find_page(page_cache *cache, const open_file *file, uint64_t page, page_slot **slot)
{
    size_t place = (size_t)((page + 0x9e3779b97f4a7c15u * file->id) % PAGE_SLOTS);
    page_slot *s = *slot = &cache->slots[place];
    if (s->bytes > 0 && s->file == file->id && s->page == page) return ST_OK;
    s->bytes = 0; // also if it cannot be read
    s->file = file->id;
    s->page = page;
    return input_read(file->descriptor, file->path, page * PAGE_BYTES,
                      cache->pages + place * PAGE_BYTES, PAGE_BYTES, &s->bytes);
}

status page_cache_read(page_cache *cache, const open_file *file, uint64_t offset, void *to,
                       size_t bytes)
{
    unsigned char *next = to;
    while (bytes > 0) {
        page_slot *slot;
        size_t inside = (size_t)(offset % PAGE_BYTES), part = PAGE_BYTES - inside;
        if (part > bytes) part = bytes;
        TRY(find_page(cache, file, offset / PAGE_BYTES, &slot));
        if (inside + part > slot->bytes)
            return file_ends(file, offset / PAGE_BYTES * PAGE_BYTES + slot->bytes);
        memcpy(next, cache->pages + (size_t)(slot - cache->slots) * PAGE_BYTES + inside, part);
        next += part;
        offset += part;
        bytes -= part;
    }
    return ST_OK;
}
