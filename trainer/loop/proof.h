// trainer/loop/proof.h -- what a run has computed, step by step, in hashes: RUN/proof.jsonl.
//
//   {"step":17,"digest":"…"}
//       after step 17: of the digest before, which samples the step saw and in what order, the bits
//       of its metrics and of its gradient's norm
//   {"step":18,"tensor":"query/conv1.weight","hash":"…"}
//       after an epoch: each array of a checkpoint
//   {"step":18,"job":"…","software":"…","chain":"…"}
//       and: of the chain before, the digest, all tensors, the job, and the versions of basin, its
//       libraries and the instruction set
//
// So nothing that was written can be changed without changing all that follows; and who recomputes
// a part finds the first step that differs (trainer/commands/verify.c). Hashes are XXH3-64: they
// find faults of machines, not forgers. Rank 0 writes; all functions are local.
#ifndef TRAINER_LOOP_PROOF_H
#define TRAINER_LOOP_PROOF_H

#include "trainer/run/proof_record.h"
#include "trainer/loop/training.h"

// The digest after the step that gave `outcome`, t->step - 1, from the digest before it.
uint64_t proof_digest(uint64_t before, const training *t, const step_outcome *outcome);

// The hash of one array.
uint64_t proof_tensor(const checkpoint_array *array);

// Opens RUN/proof.jsonl to go on behind t->step; what a killed run wrote later is dropped. Errors:
// ST_IO.
status proof_begin(training *t);

// After each step. Nothing when the proof is not open.
void proof_add_step(training *t, const step_outcome *outcome);

// Hands what has been added to the system, so that a killed run has a proof of all steps up to a
// checkpoint. What cannot be written is told by proof_add_epoch.
void proof_flush(training *t);

// After an epoch. Errors: ST_IO.
status proof_add_epoch(training *t);

// Errors: ST_IO.
status proof_end(training *t);

#endif
