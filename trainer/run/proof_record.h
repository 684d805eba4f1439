// trainer/run/proof_record.h -- the lines of proof.jsonl, read and written.
#ifndef TRAINER_RUN_PROOF_RECORD_H
#define TRAINER_RUN_PROOF_RECORD_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define PROOF_NAME_SIZE 200 // that of checkpoint_array

// What is open while a run writes.
typedef struct proof {
    FILE *file; // NULL: none
    uint64_t digest, chain;
} proof;

typedef enum proof_kind { PROOF_OTHER, PROOF_STEP, PROOF_TENSOR, PROOF_EPOCH } proof_kind;

typedef struct proof_line {
    proof_kind kind;
    uint64_t step;
    uint64_t hash; // digest, of the tensor, or chain
    char tensor[PROOF_NAME_SIZE];
    uint64_t job, software; // of an epoch
} proof_line;

// A line that is none of these is PROOF_OTHER.
proof_line proof_line_parse(const char *text);

// Returns false when it could not be written.
bool proof_line_write(FILE *out, const proof_line *line);

// The chain behind an epoch, from the one before; tensors: the sum of their hashes, so that their
// order says nothing.
uint64_t proof_chain(uint64_t before, uint64_t digest, uint64_t tensors, const proof_line *epoch);

// Calls `take` with each line of the file in order. Errors: ST_NO_INPUT there is none, ST_IO.
status proof_read(const char *path, void (*take)(void *context, const proof_line *line),
                  void *context);

#endif
