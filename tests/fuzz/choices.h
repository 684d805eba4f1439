// tests/fuzz/choices.h -- a fuzzer's bytes as a row of choices; behind their end every choice is 0.
#ifndef TESTS_FUZZ_CHOICES_H
#define TESTS_FUZZ_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct choices {
    const uint8_t *data;
    size_t left; // bytes
} choices;

// Are there bytes left?
bool choices_more(const choices *c);

// One of 0 .. count-1; 0 when count is 0.
size_t choices_one(choices *c, size_t count);

// A number in place of `now`: one beside it, one that is often a bound, or any.
uint64_t choices_number(choices *c, uint64_t now);

// The next bytes, at most `most`; fewer or none at the end. Returns how many.
size_t choices_bytes(choices *c, void *bytes, size_t most);

#endif
