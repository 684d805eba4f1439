// tests/trainer/run_root.h -- a folder for a test program's runs, removed with all in it at the
// end.
#ifndef TESTS_TRAINER_RUN_ROOT_H
#define TESTS_TRAINER_RUN_ROOT_H

#include "trainer/run/run_folder.h"

extern char run_root[256];

// Set-up and tear-down of a group of tests, for cmocka.
int run_root_make(void **state);
int run_root_remove(void **state);

// An open run folder of this name.
void run_root_open(run_folder *r, const char *name);

#endif
