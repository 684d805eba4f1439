// trainer/evaluation/probe.h -- linear probe: how much of the labels can be read off frozen
// features by a linear classifier?
//
//   features ─> each dimension to mean 0, deviation 1 over the train set ─> multinomial logistic
//   regression: for each strength of the L2 penalty fit nine tenths of train, keep the strength
//   that
//   is right most often on the other tenth ─> fit all of train ─> accuracy on test
//
// The same bits on any number of ranks: see trainer/evaluation/probe_set.h.
#ifndef TRAINER_EVALUATION_PROBE_H
#define TRAINER_EVALUATION_PROBE_H

#include "trainer/evaluation/probe_set.h"

#define PROBE_HELD_OUT 10 // one sample of so many chooses the penalty

// Is the sample in the tenth that chooses the penalty? Spread evenly by multiples of the golden
// ratio (Knuth, The Art of Computer Programming 3, sec. 6.4), so that data whose classes follow
// each other in turn lose the same share of each.
bool probe_holds_out(uint64_t sample);

typedef struct probe_result {
    double top1;     // share of the labelled test samples that are classified rightly
    double held_out; // the same on the tenth of train, for the penalty chosen
    double penalty;  // lambda of: mean cross-entropy + lambda / 2 * sum of squared weights
    double loss;     // that sum at the end of the last fit, over all of train
    bool converged;  // the last fit ended at its minimum
} probe_result;

// Collective. Labels lie in -1 .. classes-1. The rows of both sets are standardised in place.
// Errors: ST_BAD_DATA no labelled sample to fit or to test; ST_DIVERGED features that are not
// finite; ST_INTERNAL no memory; the same on all ranks, message already printed.
status probe_run(const world *w, int classes, probe_set *train, probe_set *test,
                 probe_result *result);

#endif
