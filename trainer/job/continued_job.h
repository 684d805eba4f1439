// trainer/job/continued_job.h -- the job of a training that may go on in the folder where its job
// file lies.
//
// A run folder keeps its job as RUN/job.yaml, and in it the path of the folder as it was called
// then, from where it was called. Who starts that file means the folder in which it lies: not the
// one that the run was copied from, nor a new one below another working directory.
#ifndef TRAINER_JOB_CONTINUED_JOB_H
#define TRAINER_JOB_CONTINUED_JOB_H

#include "trainer/job/job.h"

// Local. As job_load; but where `path` is the job.yaml of a run folder (one with checkpoints/) and
// no override says run=..., the job's run is that folder, which is told when the file says
// otherwise. Errors: job_load's.
status continued_job_load(job *j, const char *path, int override_count, char *const *overrides);

#endif
