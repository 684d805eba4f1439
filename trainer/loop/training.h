// trainer/loop/training.h -- one run in the making: everything the loop works with.
//
//   training_open ─> training_loop ─> training_close
#ifndef TRAINER_LOOP_TRAINING_H
#define TRAINER_LOOP_TRAINING_H

#include "comm/reduce.h"
#include "comm/watchdog.h"
#include "io/views/loader.h"
#include "trainer/evaluator.h"
#include "trainer/job/job.h"
#include "trainer/loop/lockstep.h"
#include "trainer/parts/model.h"
#include "trainer/run/pace.h"
#include "trainer/run/proof_record.h"
#include "trainer/run/run_folder.h"
#include "trainer/run/saver.h"
#include "trainer/run/stop.h"
#include "trainer/loop/warnings.h"

typedef struct training {
    const world *world;
    const job *job;
    workers workers;
    order order;
    uint64_t steps_per_epoch, steps_total; // of the schedule
    uint64_t step;                         // steps done so far; the position of the run
    dataset *data;
    uint64_t data_hash, data_samples; // of dataset_hash; images
    view_statistics data_statistics;  // of the data that the run began with; part of the model
    augmenter *augmenter;
    loader *loader;
    shape view;           // one image of a batch
    view_variety variety; // rank 0
    int view_count;       // of a batch
    method_setup setup;
    void *method; // state of job->method
    model *model; // of the method; NULL: it runs its steps itself
    weights *learned;
    lockstep lockstep;
    size_t metric_count;
    arena optimizer_memory;
    float *optimizer_states[OPTIMIZER_MAX_STATES]; // each learned->param_count floats
    optimizer_segment *segments;                   // one a parameter tensor
    int segment_count;
    reduce *reduce;
    arena leaf_memory;        // of the leaves of all own workers, when they run in lockstep
    float *first_leaf;        // (workers.count, leaf)
    method_leaf *leaves;      // (workers.count) their parts; NULL: workers run one after the other
    evaluators evaluators;    // of the method's readouts; none without test data
    run_folder folder;        // rank 0
    saver *saver;             // rank 0
    checkpoint_array *arrays; // rank 0: (array_count) the state, for the saver
    size_t array_count;
    double saved;      // rank 0: clock_seconds of the last checkpoint's beginning
    proof proof;       // rank 0
    warnings warnings; // told so far
    phases phases;
    pace pace;
    watchdog *watchdog;  // NULL: the job wants none
    double started;      // clock_seconds
    double longest_step; // seconds, since `started`
    stop_request stop;
    int unsound_worker; // the first of this rank with numbers that are not finite, or -1
    bool stopping;      // all ranks know: the step just done is the last of this process
    status pending;     // a failure of this rank that the others do not know of yet
} training;

// Collective. Opens the data, builds the method, makes or resumes the run folder. On error all
// ranks return the same status, its message already printed; training_close is still due.
status training_open(training *t, const world *w, const job *j);

// Collective. The same to recompute a run: goes on from its checkpoint of `step` (0: from the
// beginning), and leaves its folder as it is. training_step takes batches of t->loader.
status training_open_again(training *t, const world *w, const job *j, uint64_t step);

// Collective. The same without data, run folder and evaluation: training_step takes batches from
// the caller, of images of shape `view` (1, c, h, w), as if of a data set of so many
// samples, at least a batch.
status training_open_without_data(training *t, const world *w, const job *j, shape view,
                                  uint64_t samples);

// What a step gave; the array is valid until the next one.
typedef struct step_outcome {
    const float *metrics; // (metric_count)
    double gradient_norm, lr;
} step_outcome;

// Collective. One step on batch `b`, which is of t->step. On error nothing has changed; errors as
// training_loop's.
status training_step(training *t, const batch *b, step_outcome *outcome);

// Collective. Trains until the schedule's end or job.stop_after; evaluates; writes metrics and
// checkpoints. Errors as above, with ST_DIVERGED when the loss or gradient is not finite, and
// ST_STOPPED when the run was asked to stop (trainer/run/stop.h) and its checkpoint is durable.
status training_loop(training *t);

// Collective. Does `steps` steps (at least 2) and nothing else: the shortest of all but the first,
// in seconds. Errors as above.
status training_measure(training *t, int steps, double *seconds);

// The step at which this job ends: of its schedule, or stop_after.
uint64_t training_end(const training *t);

// Is there metric `i` of the method in this job?
bool training_measures(const training *t, size_t i);

void training_close(training *t);

// Floats of a leaf, and its parts: gradient | batch statistics | metrics | error lane | stop lane.
size_t training_leaf_floats(const training *t);
method_leaf training_leaf_parts(const training *t, float *leaf);

// Local. Describes the complete state for a checkpoint; returns the number of arrays. arrays ==
// NULL: only counts.
size_t snapshot_describe(training *t, checkpoint_array *arrays);

// Local, rank 0. Makes everything ready for snapshot_begin. Errors: no memory.
status snapshot_prepare(training *t);

// Local, rank 0. Has the complete state written as the checkpoint of t->step, beside the training.
void snapshot_begin(training *t);

// Local. Whether the state that arrays of snapshot_describe have been filled with can be gone on
// with: no number of it leads outside memory. Errors: ST_BAD_DATA, without the file's name.
status snapshot_validate(const training *t);

// Local. Reads the checkpoint of `step` into t. Errors: ST_BAD_DATA, ST_IO, ST_NO_INPUT.
status snapshot_resume(training *t, uint64_t step);

#endif
