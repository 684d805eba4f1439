// tests/fuzz/input.h -- what all harnesses have in common: bytes as a file, and a quiet log.
#ifndef TESTS_FUZZ_INPUT_H
#define TESTS_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

// Called by libFuzzer with the bytes to try; returns 0.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// The path of a file that holds these bytes until the next call; its name ends in `name`.
const char *input_file(const char *name, const uint8_t *data, size_t size);

#endif
