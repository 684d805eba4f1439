// trainer/codes/code_evaluation.h -- how good are a dictionary, its codes and its encoder on images
// that they were not trained on?
#ifndef TRAINER_CODES_CODE_EVALUATION_H
#define TRAINER_CODES_CODE_EVALUATION_H

#include "trainer/job/job.h"
#include "trainer/parts/weights.h"
#include "trainer/streams/view_statistics.h"

typedef struct code_evaluator code_evaluator;

// Means over the views, in the terms of models/codes/solver.h.
typedef struct code_evaluation {
    uint64_t samples;
    double energy;     // E(y, z)
    double error;      // |y - D z|^2 / |y|^2
    double nonzero;    // share of codes that are not 0
    double gap;        // relative duality gap; NaN where the penalty or the solver has none
    double iterations; // of the solver
    double encoder;    // energy of the encoder's code / E(y, z); NaN without an encoder
    double
        coherence; // of the atoms (models/kernels/dictionary/dictionary_overlap.h); NaN: not asked
} code_evaluation;

// Local. Opens the job's test data and builds the model; the first job.evaluate.codes views count.
// learned: weights that the model must have room for; NULL: those of a checkpoint will come.
// Errors: as code_stream_open and trained_model_set.
status code_evaluator_create(code_evaluator **e, const world *w, const job *j,
                             const view_statistics *training, const weights *learned);

// Collective. Under these weights and this lambda (a method's lambda). The same bits on any number
// of ranks. On error all ranks return the same status, its message already printed. Errors: as the
// reading of data; ST_BAD_DATA a pixel that is not finite.
status code_evaluator_weights(code_evaluator *e, const weights *learned, double lambda,
                              code_evaluation *found);

// The same with the weights of a checkpoint file, and the atoms' coherence. Further errors: those
// of io/checkpoint/checkpoint.h.
status code_evaluator_checkpoint(code_evaluator *e, const char *path, code_evaluation *found);

// Collective. A few codes, for the memory they take. Errors: the same.
status code_evaluator_rehearse(code_evaluator *e, const weights *learned, double lambda);

void code_evaluator_destroy(code_evaluator *e); // e may be NULL

#endif
