// trainer/evaluation/trained_run.h -- a run folder from outside: its job, changed by overrides, its
// newest checkpoint that is whole, and the statistics of the data that it was trained on.
//
//   trained_run_open ─> trained_run_choose, or _find on one rank ─> [trained_run_statistics]
//                    ─> trained_run_close
//
// The folder may be another's: nothing in it is changed, damaged checkpoints stay where they are.
#ifndef TRAINER_EVALUATION_TRAINED_RUN_H
#define TRAINER_EVALUATION_TRAINED_RUN_H

#include "comm/world.h"
#include "trainer/job/job.h"
#include "trainer/run/run_folder.h"
#include "trainer/streams/view_statistics.h"

typedef struct trained_run {
    job job;
    char folder[RUN_PATH_SIZE];
    char checkpoint[RUN_PATH_SIZE]; // path
    char job_file[RUN_PATH_SIZE];   // path
    view_statistics training;       // of its training data
} trained_run;

// Local. Reads `folder`/job.yaml with key=value overrides; `command` begins the messages. Close it
// also after an error. Errors: ST_NO_INPUT no such run; ST_USAGE a path that is too long; those of
// job_load.
status trained_run_open(trained_run *r, const char *command, const char *folder, int override_count,
                        char *const *overrides);

// The same for a run that must infer codes. Further errors: ST_CONFIG.
status trained_run_open_codes(trained_run *r, const char *command, const char *folder,
                              int override_count, char *const *overrides);

// Local. Reads the newest checkpoint through; if it is damaged, tells of it in the log and takes
// the one before. Errors: ST_NO_INPUT there is none yet; ST_BAD_DATA none is whole; ST_IO.
status trained_run_find(trained_run *r);

// Collective. The same, by rank 0 for all, so that a run that is training meanwhile gives all ranks
// one. Same status on all ranks, printed.
status trained_run_choose(trained_run *r, const world *w);

// Local. Reads r->training from the checkpoint, or works it out from data.train where the
// checkpoint is of a version that did not keep it. Errors: as view_statistics_of_run.
status trained_run_statistics(trained_run *r);

void trained_run_close(trained_run *r);

#endif
