// trainer/sparse/code_memory.h -- the newest code of each sample, as the start of its next
// inference.
//
// In each epoch a sample may stand with another worker, so every rank holds the codes of all; the
// codes of a step are gathered in the order of batch positions. They are part of the checkpoint,
// for the start of an inference is seen in the last bits of its result: so a run gives the same
// bits on any number of ranks and after a resume. The price is memory, samples * room * 8 bytes, in
// each rank and checkpoint.
#ifndef TRAINER_SPARSE_CODE_MEMORY_H
#define TRAINER_SPARSE_CODE_MEMORY_H

#include "base/arena.h"
#include "comm/world.h"
#include "io/checkpoint/checkpoint.h"
#include "io/views/order.h"

typedef struct code_memory {
    uint64_t samples, batch, room; // room: codes of a sample that are not 0; of a fuller one, none
    // Words: place of a code in the upper half, bits of its float in the lower; 0 = none.
    uint64_t *kept;  // (samples, room)
    uint64_t *noted; // (batch, room) of this step
    arena memory;
} code_memory;

// Of each of o->count samples: nothing yet. Destroy it also after an error.
// Errors: ST_INTERNAL not so much memory.
status code_memory_create(code_memory *m, const order *o, uint64_t room);

void code_memory_destroy(code_memory *m);

// codes (count): those kept of `sample`, 0 elsewhere.
void code_memory_recall(const code_memory *m, uint64_t sample, float *codes, size_t count);

// The code (count) just found of the sample at batch position `position`.
void code_memory_note(code_memory *m, uint64_t position, const float *codes, size_t count);

// The same for `samples` codes (samples, count), of samples `ids`, from position `first` on.
void code_memory_recall_all(const code_memory *m, const uint64_t *ids, size_t samples, float *codes,
                            size_t count);
void code_memory_note_all(code_memory *m, uint64_t first, size_t samples, const float *codes,
                          size_t count);

// Collective. Keeps what has been noted in step `step`: on this rank positions first .. first +
// count - 1, of every rank as many.
void code_memory_keep(code_memory *m, const world *w, const order *o, uint64_t step, uint64_t first,
                      uint64_t count);

// Appends the array for a checkpoint; returns how many, 1. arrays == NULL: only counts.
size_t code_memory_describe(code_memory *m, checkpoint_array *arrays);

// Whether what a checkpoint has filled can be codes of `count` numbers. Errors: ST_BAD_DATA.
status code_memory_validate(const code_memory *m, size_t count);

#endif
