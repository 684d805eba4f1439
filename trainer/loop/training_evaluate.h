// trainer/loop/training_evaluate.h -- evaluations of a run: of features for methods that embed, of
// codes for those that infer; nothing where the job names no test data.
#ifndef TRAINER_LOOP_TRAINING_EVALUATE_H
#define TRAINER_LOOP_TRAINING_EVALUATE_H

#include "trainer/loop/report.h"
#include "trainer/loop/training.h"

// Collective. Before the first step, if the job asks and they are not recalled: kNN of raw pixels
// and of the untrained net.
// Errors: those of trainer/evaluation/evaluate.h; ST_IO of the metrics.
status training_evaluate_floors(training *t, report *r);

// Collective. With the present weights. Errors: those of trainer/evaluation/evaluate.h and
// code_evaluation.h; ST_IO of the metrics.
status training_evaluate(training *t, report *r);

// Collective. Where a run goes on: the evaluation that was due after t->step, when the run was
// stopped or killed before it. Errors: the same.
status training_evaluate_lost(training *t, report *r);

// Collective. Takes the memory of an evaluation, see evaluator_rehearse. Errors: the same.
status training_rehearse_evaluation(training *t);

#endif
