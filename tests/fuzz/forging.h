// tests/fuzz/forging.h -- what harnesses that forge whole files have in common: a world, a folder,
// and commands that print nowhere.
#ifndef TESTS_FUZZ_FORGING_H
#define TESTS_FUZZ_FORGING_H

#include "comm/world.h"

// Called by libFuzzer first, and by nobody else: every harness that links forging.c begins so.
int LLVMFuzzerInitialize(int *argc, char ***argv);

// One rank.
const world *forging_world(void);

// A folder in memory; removed at the end, once the harness has removed what it put there.
const char *forging_folder(void);

// Runs `basin inspect [--hash] PATH`.
void forging_inspect(char *path, bool hash);

// No reader may keep anything of HDF5's open.
void forging_check_closed(void);

#endif
