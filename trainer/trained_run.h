// trainer/trained_run.h -- a run folder from outside: its job, changed by overrides, and its newest
// checkpoint.
#ifndef TRAINER_TRAINED_RUN_H
#define TRAINER_TRAINED_RUN_H

#include "trainer/job.h"
#include "trainer/run/run_folder.h"

typedef struct trained_run {
    job job;
    char checkpoint[RUN_PATH_SIZE]; // path of the newest
} trained_run;

// Local. Reads `folder`/job.yaml with key=value overrides; `command` begins the messages. Close it
// also after an error. Errors: ST_NO_INPUT no such run, or no checkpoint in it; ST_USAGE a path that
// is too long; those of job_load.
status trained_run_open(trained_run *r, const char *command, const char *folder, int override_count,
                        char *const *overrides);

// The same for a run that must infer codes. Further errors: ST_CONFIG.
status trained_run_open_codes(trained_run *r, const char *command, const char *folder,
                              int override_count, char *const *overrides);

void trained_run_close(trained_run *r);

#endif
