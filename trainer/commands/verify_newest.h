// trainer/commands/verify_newest.h -- the newest checkpoint of a run, for `basin verify`: hashes of
// what it holds, compared with RUN/proof.jsonl where the run has noted down its tensors. Of rank 0;
// all functions are local.
#ifndef TRAINER_COMMANDS_VERIFY_NEWEST_H
#define TRAINER_COMMANDS_VERIFY_NEWEST_H

#include "trainer/run/proof_record.h"

#include <stddef.h>

typedef struct verify_newest {
    bool found; // whether there is a checkpoint
    uint64_t step;
    proof_line *tensors; // (count) that it holds
    size_t count;
    size_t noted;  // tensors that the run has noted down after this step
    uint64_t last; // step noted down
} verify_newest;

// Reads it. Destroy it also after an error. Errors: ST_BAD_DATA the record ends before it, or it is
// not what the record says; those of trainer/run/checkpoint_folder.h and
// io/checkpoint/checkpoint.h; ST_NO_INPUT no record.
status verify_newest_read(verify_newest *n, const char *run);

// Whether one that stands at the end of an epoch, of so many steps, has its tensors noted down.
// Errors: ST_BAD_DATA.
status verify_newest_check_end(const verify_newest *n, const char *run, uint64_t steps_per_epoch);

void verify_newest_destroy(verify_newest *n);

#endif
