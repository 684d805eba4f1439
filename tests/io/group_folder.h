// tests/io/group_folder.h -- the one folder of a test program, made and removed around it.
#ifndef TESTS_IO_GROUP_FOLDER_H
#define TESTS_IO_GROUP_FOLDER_H

#include "tests/io/folder.h"

extern test_folder folder;

// Set-up and tear-down for cmocka, of a group of tests or of each.
int folder_set_up(void **state);
int folder_tear_down(void **state);

#endif
