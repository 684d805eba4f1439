// trainer/loop/warn.h -- shows a training's numbers to the warnings, as they come.
#ifndef TRAINER_LOOP_WARN_H
#define TRAINER_LOOP_WARN_H

#include "trainer/loop/training.h"

// Before the first step of this run: what the job itself tells.
void warn_at_start(training *t);

// means: of the metrics (training.metric_count), over at most job.log_every steps up to now.
void warn_of_metrics(training *t, const double *means);

// Of an evaluation; rank 0 alone knows the health of features.
void warn_of_scores(training *t, const scores *found);

#endif
