// tests/fuzz/choices.c -- see choices.h.
#include "tests/fuzz/choices.h"

#include <string.h>

// Where types end, where counts stop being places, and numbers that are few.
static const uint64_t bounds[] = {0,
                                  1,
                                  2,
                                  3,
                                  4,
                                  5,
                                  8,
                                  64,
                                  65,
                                  127,
                                  255,
                                  256,
                                  4096,
                                  65535,
                                  65536,
                                  65537,
                                  (uint64_t)1 << 20,
                                  ((uint64_t)1 << 20) + 1,
                                  INT32_MAX,
                                  (uint64_t)1 << 31,
                                  UINT32_MAX,
                                  (uint64_t)1 << 32,
                                  (uint64_t)1 << 40,
                                  (uint64_t)1 << 48,
                                  ((uint64_t)1 << 48) + 1,
                                  ((uint64_t)1 << 60) + 1,
                                  (uint64_t)1 << 61,
                                  (uint64_t)1 << 62,
                                  INT64_MAX,
                                  (uint64_t)1 << 63,
                                  UINT64_MAX - 1,
                                  UINT64_MAX};
#define BOUNDS (sizeof bounds / sizeof *bounds)

bool choices_more(const choices *c)
{
    return c->left > 0;
}

size_t choices_bytes(choices *c, void *bytes, size_t most)
{
    size_t count = c->left < most ? c->left : most;
    if (count > 0) memcpy(bytes, c->data, count);
    c->data += count;
    c->left -= count;
    return count;
}

size_t choices_one(choices *c, size_t count)
{
    uint8_t byte = 0;
    (void)choices_bytes(c, &byte, 1);
    return count > 0 ? byte % count : 0;
}

uint64_t choices_number(choices *c, uint64_t now)
{
    size_t way = choices_one(c, BOUNDS + 3);
    uint64_t any = 0;
    if (way < BOUNDS) return bounds[way];
    if (way == BOUNDS) return now + 1;
    if (way == BOUNDS + 1) return now - 1;
    (void)choices_bytes(c, &any, sizeof any);
    return any;
}
