// tests/io/folder.h -- a folder for a test's files, removed with all of them at the end.
#ifndef TESTS_IO_FOLDER_H
#define TESTS_IO_FOLDER_H

#include <stddef.h>

typedef struct test_folder {
    char path[256];
} test_folder;

int test_folder_create(test_folder *folder); // 0, or -1 on failure
int test_folder_remove(test_folder *folder); // folder must be flat

// folder/name; valid for the next 15 calls.
const char *test_path(const test_folder *folder, const char *name);

void test_write(const test_folder *folder, const char *name, const void *bytes, size_t size);

// The whole file, to be freed by the caller.
char *test_read(const char *path, size_t *size);

int test_count(const test_folder *folder); // files in the folder

#endif
