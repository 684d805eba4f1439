// io/files/page_cache.h -- pages of files, kept for reads of a few bytes each: checksums and
// offsets of samples, whose neighbours are wanted soon. A system call would take longer than the
// rest of reading a small sample.
#ifndef IO_FILES_PAGE_CACHE_H
#define IO_FILES_PAGE_CACHE_H

#include "base/arena.h"

#include <stdint.h>

// A file that is open to read. Not owned.
typedef struct open_file {
    uint64_t id; // the same file has the same number
    int descriptor;
    const char *path; // for messages
} open_file;

typedef struct page_cache {
    arena memory;
    struct page_slot *slots;
    unsigned char *pages;
} page_cache;

// Room for 4 MB of pages, a place for each by file and number. Errors: ST_INTERNAL no memory.
status page_cache_create(page_cache *cache);

// `bytes` bytes of the file at `offset`, out of kept pages or, when they are not, read and kept.
// Errors: ST_IO, ST_BAD_DATA the file ends before.
status page_cache_read(page_cache *cache, const open_file *file, uint64_t offset, void *to,
                       size_t bytes);

void page_cache_destroy(page_cache *cache);

// The same without any cache.
status open_file_read(const open_file *file, uint64_t offset, void *to, size_t bytes);

#endif
