// trainer/job/job_place.h -- where the relative paths of a job's data start, so that a run folder's
// job.yaml means the same files from wherever it is read.
//
//   JOB.yaml       the working directory; or, where data.train is found there only, JOB.yaml's own
//                  folder
//   RUN/job.yaml   the folder that its data.from names, as long as there is one of that name
//   key=value      the working directory
#ifndef TRAINER_JOB_JOB_PLACE_H
#define TRAINER_JOB_JOB_PLACE_H

#include "trainer/job/job.h"

// Sets j->data_from for the job read from `path`; "" stands for the working directory.
// Errors: ST_INTERNAL no memory.
status job_place_find(job *j, const char *path);

// The overrides with those of data paths made absolute, where they start elsewhere than the file's
// paths; NULL: all may stay as they are. Free them with job_place_free. Errors: ST_INTERNAL, ST_IO.
status job_place_overrides(const job *j, int count, char *const *overrides, char ***placed);
void job_place_free(char **placed, int count);

// j->resolved from what has been read; without data.from, since the same job may be read in many
// places. Errors: ST_INTERNAL no memory.
status job_place_resolve(job *j, const config *c);

// The job as a run folder keeps it: j->resolved with data.from. *text is the caller's to free.
// Errors: ST_INTERNAL no memory; ST_IO the working directory has no name.
status job_place_text(const job *j, char **text);

#endif
