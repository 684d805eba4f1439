// trainer/run/checkpoint_folder.h -- the checkpoints of a run: where they stand, which is good,
// which stay.
//
//   RUN/checkpoints/step-000000001560.h5    one a checkpoint
//   RUN/checkpoints/latest                  a link to the newest
//   RUN/checkpoints/step-....h5.bad         one that was found damaged
//
// A file is a checkpoint when its name is the one that its number gives, and it holds that step;
// files of any other name (step-best.h5) are the user's: neither read nor deleted. `latest` is a
// convenience; who reads takes the newest that is whole.
//
// `run` is the run folder. Written to by rank 0 alone; all functions are local.
#ifndef TRAINER_RUN_CHECKPOINT_FOLDER_H
#define TRAINER_RUN_CHECKPOINT_FOLDER_H

#include "trainer/run/run_folder.h"

#define CHECKPOINT_REMARK_SIZE 1024

// Which checkpoints stay: the newest `newest` of those in their time (at steps that `regular`
// divides; 0: none is), as many of the others (after a stop, or minutes), and all at steps that
// `stride` divides (0: none).
typedef struct checkpoint_keeping {
    int64_t newest;
    uint64_t regular, stride;
} checkpoint_keeping;

// Path of the checkpoint of `step`.
void checkpoint_folder_path(const char *run, uint64_t step, char path[RUN_PATH_SIZE]);

// For those who train: the step of the newest checkpoint that reads back whole. Newer ones that do
// not are told of in the log; damaged ones, and those that hold another step than that of their
// name, are renamed to *.bad, and `latest` is pointed to it. *found is false when there never was
// one. Removes what a killed writer has left. Errors: ST_BAD_DATA when there are checkpoints and
// none is good; ST_IO.
status checkpoint_folder_choose(const char *run, bool *found, uint64_t *step);

// For those who only read: its path. The folder, which may be another's, or be trained in just now,
// stays as it is; what is damaged is told of. Errors: the same.
status checkpoint_folder_find(const char *run, bool *found, char path[RUN_PATH_SIZE]);

// Whether the file system has room for a checkpoint of `bytes`. Errors: ST_IO.
status checkpoint_folder_room(const char *run, uint64_t bytes);

// Reads the checkpoint of `step` back; if it is whole, points `latest` to it and deletes those
// older ones that need not stay, else renames it to *.bad and deletes none. What is only convenient
// and fails (the link, a deletion) becomes a sentence in `remark`, else "". Errors: ST_IO.
status checkpoint_folder_publish(const char *run, uint64_t step, const checkpoint_keeping *keeping,
                                 char remark[CHECKPOINT_REMARK_SIZE]);

#endif
