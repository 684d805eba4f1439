// trainer/job/auto_values.h -- keys of a job that say `auto`: chosen from the number of training
// samples.
//
//   batch            an eighth of the samples, a power of 2 of 16 .. 256, and no more than there
//                    are
//   method.queue     a tenth of the samples, a power of 2 of 8 .. 65536
//   method.momentum  1 - 10 / steps of the run, 0.9 .. 0.999: the key encoder is the mean of a
//                    tenth of the run
//   evaluate.knn.k   the root of the samples, at most 200
//
// A run keeps what was chosen in its job.yaml, and goes on with that, however many samples there
// are then.
#ifndef TRAINER_JOB_AUTO_VALUES_H
#define TRAINER_JOB_AUTO_VALUES_H

#include "trainer/job/job.h"

typedef struct auto_values {
    int64_t batch, queue, neighbours;
    double momentum;
} auto_values;

// For so many samples (at least one), and epochs of a schedule. given: the batch; 0: it is chosen,
// too.
auto_values auto_values_choose(uint64_t samples, uint64_t epochs, int64_t given);

// The overrides of a job, and behind them those of the keys that are `auto` in the file `path`;
// *all is NULL when none is. Free it with auto_values_free. `load` reads a job as job_load does,
// without `auto`. Local: opens the files of data.train for their headers. Errors: those of `load`,
// of dataset_count.
status auto_values_resolve(const char *path, int count, char *const *overrides,
                           status (*load)(job *, const char *, int, char *const *), char ***all,
                           int *all_count);

void auto_values_free(char **all, int count);

#endif
