// trainer/run/saver.h -- checkpoints written beside the training, which only waits for a copy.
//
//   training   saver_begin: copy ─┬─> goes on ... saver_look ... ─> saver_finish
//   writer                        └─> room? ─> write, fsync ─> rename ─> read back ─> delete older
//
// Rank 0 alone has one. One thread writes, one checkpoint at a time; a checkpoint that cannot be
// written is told of, and the run goes on without it: there may be room at the next one.
#ifndef TRAINER_RUN_SAVER_H
#define TRAINER_RUN_SAVER_H

#include "io/checkpoint/checkpoint.h"
#include "trainer/run/checkpoint_folder.h"

typedef struct saver saver;

typedef struct saver_times {
    int written, failed;     // checkpoints
    double stalled, writing; // seconds: that saver_begin took, that the writer worked
    double longest;          // seconds from a checkpoint's beginning until it was durable
} saver_times;

// Plans copies of `arrays` and starts the writer. Texts are copied. Errors: ST_INTERNAL, ST_CONFIG
// no memory.
status saver_create(saver **made, const char *run, const checkpoint_keeping *keeping,
                    const checkpoint_array *arrays, size_t array_count,
                    const checkpoint_text *texts, size_t text_count);

// Bytes of all arrays.
uint64_t saver_bytes(const saver *s);

// Whether the disk has room for one checkpoint. Errors: ST_IO.
status saver_room(const saver *s);

// Copies the arrays, named, typed and sized as at the creation, and has them written as the
// checkpoint of `step`. Waits first while the one before is still being written.
void saver_begin(saver *s, uint64_t step, const checkpoint_array *arrays);

// Tells of a failed write in the log, once it is known. Cheap: for every step.
void saver_look(saver *s);

// Waits until all is written. Errors: ST_IO or others when the last checkpoint could not be.
status saver_finish(saver *s);

saver_times saver_get_times(saver *s);

// Waits, and ends the writer.
void saver_destroy(saver *s);

#endif
