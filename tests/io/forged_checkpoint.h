// tests/io/forged_checkpoint.h -- checkpoints that no run writes: their manifest and seal are
// right, and what they say of themselves is what the maker wants. For tests and for tests/fuzz.
#ifndef TESTS_IO_FORGED_CHECKPOINT_H
#define TESTS_IO_FORGED_CHECKPOINT_H

#include "io/checkpoint/checkpoint.h"

#include <hdf5.h>

typedef enum forged_layout {
    FORGED_CONTIGUOUS, // as it should be
    FORGED_COMPACT,
    FORGED_CHUNKED,
    FORGED_UNALLOCATED, // a size, and no bytes
    FORGED_EXTERNAL,    // the bytes lie in another file, which need not be there
    FORGED_LAYOUTS
} forged_layout;

typedef struct forged_array {
    // Its name, shape and contents; data may be NULL where the layout has none. What the manifest
    // says of it.
    checkpoint_array told;
    hid_t type; // in the file; 0: as told
    forged_layout layout;
    // Its hash: an attribute of this type (0: uint64) and so many elements (0: a single number).
    hid_t hash_type;
    uint64_t hash_count;
    uint64_t hash_change; // exclusive or with what is right
} forged_array;

typedef struct forged_checkpoint {
    const forged_array *arrays;
    size_t array_count;
    const checkpoint_text *texts;
    size_t text_count;
    const char *format;       // NULL: a checkpoint's
    hid_t version_type;       // 0: int32
    uint64_t version_count;   // elements; 0: a single number
    uint64_t manifest_change; // exclusive or with what is right
} forged_checkpoint;

// Writes and seals it, in place of what was there. Returns false where HDF5 itself refuses to make
// such a file.
bool forge_checkpoint(const char *path, const forged_checkpoint *wanted);

#endif
