// trainer/loop/idle_settings.h -- settings of a job that would change nothing: refused where the
// result would be another than was asked for, else told at the start, so that nobody believes they
// had an effect.
//
// What only a method knows of its own settings, it tells itself (tell_idle in trainer/method.h).
#ifndef TRAINER_LOOP_IDLE_SETTINGS_H
#define TRAINER_LOOP_IDLE_SETTINGS_H

#include "trainer/loop/training.h"

// Local, the same on all ranks; once the method is created. Errors: ST_CONFIG.
status idle_settings_check(const training *t);

// Local. Finds t->variety on rank 0, while no loader uses the data. Where it cannot be found out,
// all differs; training will then say why.
void idle_settings_look(training *t);

// Local. In the log, before the first step.
void idle_settings_tell(const training *t);

#endif
