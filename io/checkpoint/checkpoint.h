// io/checkpoint/checkpoint.h -- named arrays and texts in one HDF5 file that is either whole or not
// there.
//
// Written to a temporary name, fsync, rename, fsync of the folder. Each array has its XXH3 hash,
// and the manifest is a hash of all of them and of the texts. The file has no rank dimension: who
// writes is the caller's business (rank 0). Writing and reading need not stop others who use HDF5:
// the lock is held for a few MiB at a time.
//
//   attributes of the root: format = "basin-checkpoint", format_version = 3, manifest, the texts
//   one data set an array, little-endian, contiguous, with the attribute xxh3_64 (of its bytes)
//   behind HDF5's end: a seal of all bytes (io/files/seal.h), checked before HDF5 reads any
// Files of older versions have no seal, and are refused.
#ifndef IO_CHECKPOINT_CHECKPOINT_H
#define IO_CHECKPOINT_CHECKPOINT_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHECKPOINT_FORMAT         "basin-checkpoint"
#define CHECKPOINT_FORMAT_VERSION 3

// Arrays so named tell of the data that was trained on; they are no part of what was learned.
#define CHECKPOINT_DATA "data/"

typedef enum array_type { ARRAY_F32, ARRAY_I64, ARRAY_U64 } array_type;

// One array to write, or the place to read one into. `data` is the caller's.
typedef struct checkpoint_array {
    char name[200]; // HDF5 path without leading slash: "query/layer1.0.conv1.weight"
    array_type type;
    int rank; // 0 = a single number
    uint64_t dims[4];
    void *data;
} checkpoint_array;

// Of its contents.
size_t checkpoint_array_bytes(const checkpoint_array *array);

typedef struct checkpoint_text {
    const char *name; // attribute of the file's root: "job", "versions", "instruction_set"
    const char *value;
} checkpoint_text;

// Errors: ST_IO with the path and the system's reason; the old file of that name is then intact.
status checkpoint_write(const char *path, const checkpoint_array *arrays, size_t array_count,
                        const checkpoint_text *texts, size_t text_count);

typedef struct checkpoint checkpoint;

// Checks seal and manifest; contents are checked as they are read. Errors: ST_NO_INPUT, ST_BAD_DATA
// (not a checkpoint, another format version, damaged).
status checkpoint_open(checkpoint **out, const char *path);

// Reads one array; its stored name, type and dims must be those given. Verifies the hash, and that
// floats are finite. Integers may be any: who uses one as an index looks at it first.
// Errors: ST_BAD_DATA saying what was expected and what came; ST_IO.
status checkpoint_read(checkpoint *c, checkpoint_array *array);

// The text attribute, or NULL. Owned by the checkpoint.
const char *checkpoint_get_text(const checkpoint *c, const char *name);

// Number of arrays, and the name, type and dims of array i in order of names (data left alone).
size_t checkpoint_count(const checkpoint *c);
void checkpoint_describe(const checkpoint *c, size_t i, checkpoint_array *array);

// Describes the array of this name, data left alone; false: there is none.
bool checkpoint_find(const checkpoint *c, const char *name, checkpoint_array *array);

// One number for all arrays whose name starts with `prefix` ("" = all), but for those of
// CHECKPOINT_DATA: XXH3-64 over names, types, dims and contents in order of names; independent of
// the file's layout. Verifies the stored hash of each, also of those of CHECKPOINT_DATA.
status checkpoint_hash(checkpoint *c, const char *prefix, uint64_t *hash);

void checkpoint_close(checkpoint *c);

// Reads the whole file, from the disk rather than from memory where the system allows it: every
// text and array is as it was written. One array is read into `array`, unless it is NULL. Errors:
// those of opening and reading.
status checkpoint_verify(const char *path, checkpoint_array *array);

#endif
