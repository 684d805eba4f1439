// tests/allocations.h -- counts the allocations of our own objects (not those inside shared
// libraries). Link with allocations.c and ${wrap_allocations}.
#ifndef TESTS_ALLOCATIONS_H
#define TESTS_ALLOCATIONS_H

// Calls of malloc, calloc, realloc, aligned_alloc and posix_memalign since the program started.
int allocation_count(void);

#endif
