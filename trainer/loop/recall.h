// trainer/loop/recall.h -- what a run that goes on knows from its own metrics.jsonl.
#ifndef TRAINER_LOOP_RECALL_H
#define TRAINER_LOOP_RECALL_H

#include "trainer/loop/report.h"

// Collective. After report_begin: the newest metrics and evaluations of the run so far, and whether
// it has been evaluated at t->step. Errors, the same on all ranks and printed: ST_IO.
status recall(report *r, const training *t);

#endif
