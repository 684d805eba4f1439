// tests/io/forged_file.h -- HDF5 files that no writer of ours makes: columns and attributes of any
// type, shape and storage, and as much of their contents as is given. For tests and for tests/fuzz.
#ifndef TESTS_IO_FORGED_FILE_H
#define TESTS_IO_FORGED_FILE_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>

#define FORGED_RANK 5 // sizes, at most

typedef enum forged_storage {
    STORAGE_CONTIGUOUS,
    STORAGE_COMPACT,
    STORAGE_CHUNKED,
    STORAGE_EXTERNAL, // in a file that is not there
    STORAGES
} forged_storage;

// A data set. Whole rows (first indices) of `contents` are written, as many as there are; the rest
// stays unwritten.
typedef struct forged_column {
    char name[32]; // "/images"
    hid_t type;    // in the file, and of the contents
    int rank;      // 0: a single value
    hsize_t dims[FORGED_RANK], chunk[FORGED_RANK];
    forged_storage storage;
    bool shuffled, deflated, summed; // filters of chunks
    const void *contents;
    size_t bytes; // of the contents
} forged_column;

// An attribute of the root; without contents for all of it, it is written as zeros.
typedef struct forged_attribute {
    char name[32];
    hid_t type;
    int rank;
    hsize_t dims[2];
    const void *contents;
    size_t bytes;
} forged_attribute;

typedef struct forged_file {
    const forged_column *columns;
    size_t column_count;
    const forged_attribute *attributes;
    size_t attribute_count;
} forged_file;

// Writes it in place of what was there. Returns false where HDF5 itself refuses to make such a
// file.
bool forge_file(const char *path, const forged_file *wanted);

#endif
