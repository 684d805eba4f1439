// trainer/run/proof_span.h -- what RUN/proof.jsonl has on record of some steps in a row, to compare
// them with. The file may be anybody's: no number of it is believed before it fits the lines around
// it.
#ifndef TRAINER_RUN_PROOF_SPAN_H
#define TRAINER_RUN_PROOF_SPAN_H

#include "trainer/run/proof_record.h"
#include "trainer/run/run_folder.h"

typedef struct proof_span {
    uint64_t last;       // step on record
    uint64_t first, end; // steps first .. end-1; their results have the numbers first+1 .. end
    uint64_t *digests;   // (end - first + 1) after steps first .. end; 0: none
    proof_line *tensors; // (tensor_count) after any of these
    size_t tensor_count;
} proof_span;

// Reads `run`/proof.jsonl. from: step of the checkpoint to start at, 0 = the beginning, -1 = of the
// newest at an epoch's end that steps follow; steps: how many, 0 = up to the end of the epoch.
// Destroy it also after an error. Errors: ST_NO_INPUT no record, no checkpoint of that step, or
// nothing on record behind it; ST_BAD_DATA the chain breaks, or steps do not follow each other;
// ST_IO; ST_INTERNAL no memory.
status proof_span_read(proof_span *s, const char *run, int64_t from, int64_t steps);

void proof_span_destroy(proof_span *s);

#endif
