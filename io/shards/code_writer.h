// io/shards/code_writer.h -- writes sparse codes of many images into one HDF5 file that is either
// whole or not there.
//
//   code_writer_open ─> code_writer_add for each sample ─┬─> code_writer_close
//                                                        └─> code_writer_abandon
//
//   /row_offsets     (N + 1) uint64; codes of sample n are entries row_offsets[n] up to n + 1 of
//   /index           (entries) int32, place in the planes (K, h, w) of one code, rising in a sample
//   /value           (entries) float32, never 0
//   /energy          (N) float32, E(y, z);  /reconstruction (N) float32, 1/2 |y - D z|^2 of it
//   /dictionary      (K, C, k, k) float32, the atoms
//   /mean, /deviation (C) float32 of the training data, /range (2) float32: the pixels that count
//   as 0 and 1;
//                    all three in the units of io/images/image_info.h
//   attributes of the root: format = "basin-codes", format_version = 1, atoms, height, width,
//   kernel, channels, view_height, view_width, margin (int32), border, recipe, lambda (float64),
//   lambda_unit, run, checkpoint (its hash, 16 hexadecimal digits)
//
// How to decode it: docs/codes.md. Equal contents give equal files.
#ifndef IO_SHARDS_CODE_WRITER_H
#define IO_SHARDS_CODE_WRITER_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

#define CODE_FORMAT         "basin-codes"
#define CODE_FORMAT_VERSION 1

// What all codes have in common. Texts and arrays are not owned, and read when the file is opened.
typedef struct code_origin {
    int32_t atoms, height, width;    // K, h, w
    int32_t kernel, channels;        // k, C
    int32_t view_height, view_width; // of y, pixels
    int32_t margin;                  // of D z on each side of y, pixels
    double lambda;
    const char *border, *lambda_unit, *run, *recipe;
    const float *dictionary;       // (K, C, k, k)
    const float *mean, *deviation; // (C)
    float range[2];
    uint64_t checkpoint_hash;
} code_origin;

typedef struct code_entry {
    int32_t index;
    float value;
} code_entry;

// What the inference of a code ended with.
typedef struct code_result {
    float energy, reconstruction;
} code_result;

typedef struct code_writer code_writer;

// For exactly `samples` codes. Errors: ST_IO with path and reason, ST_INTERNAL no memory.
status code_writer_open(code_writer **opened, const char *path, const code_origin *origin,
                        uint64_t samples);

// The next sample. Errors: ST_IO, after which only abandon may follow.
status code_writer_add(code_writer *w, const code_entry *entries, size_t count,
                       const code_result *result);

// After all samples: the file appears under its name. Frees w, also on errors: ST_IO, and then
// nothing is left behind.
status code_writer_close(code_writer *w);

// Removes what was written so far, and frees w; w may be NULL.
void code_writer_abandon(code_writer *w);

#endif
