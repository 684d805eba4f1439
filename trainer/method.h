// trainer/method.h -- a self-supervised method: how parts become an energy, and what one step is.
//
//   create ─> each step:  begin ─> run (once for each own logical worker) ─> [loop: sum over all
//             workers, update] ─> finish
//
// Most methods compose a model (trainer/parts/model.h), which is then what a step runs. Where
// operations of the learned graph meet all workers (models/graph/op.h), run is called once for all
// own workers together.
//
// One file in trainer/methods/ with one exported const method_type, one line in methods.def. The
// loop owns data, reduction, optimizer, checkpoints; the method owns its graphs, its weights and
// whatever else it remembers (a queue). It never sees ranks, only logical workers.
#ifndef TRAINER_METHOD_H
#define TRAINER_METHOD_H

#include "comm/workers.h"
#include "io/checkpoint/checkpoint.h"
#include "io/views/loader.h"
#include "models/decoders/decoder.h"
#include "trainer/parts/encoder.h"
#include "trainer/run/phases.h"
#include "trainer/sparse/inference_choice.h"
#include "trainer/parts/weights.h"

#define METHOD_MAX_METRICS 8

typedef struct method_setup {
    const world *world;
    workers workers;
    order order; // of samples and of shuffled views
    uint64_t seed;
    uint64_t patches;     // samples of each image: those of image i are i * patches and behind
    uint64_t steps_total; // of the schedule
    const char *const *metric_names;   // NULL-ended, the method_type's
    shape view;                        // of one logical worker: (b, channels, height, width)
    encoder encoder;                   // with SECTION_MODEL
    decoder decoder;                   // with SECTION_DECODER
    const team *team;                  // what the graphs join, so that operations may meet; or NULL
    const inference_choice *inference; // with SECTION_INFERENCE; not owned
    const void *settings;              // the method's own, lives as long as the method
    bool evaluates;                    // only forward passes of the core's model are wanted
} method_setup;

typedef struct method_step {
    uint64_t step; // from 0
    const batch *batch;
    phases *phases;
    // A failure of this rank in this step (data that cannot be worked on): a method sets it, with
    // failure()'s message, goes on as if nothing were, and all ranks stop together.
    status *trouble;
    // In finish, sums over all workers: the metrics, and the gradient; and the factor of the
    // learning rate in this step.
    const float *metrics, *gradient;
    double schedule;
    // in finish: the optimizer's arrays, laid out as the parameters (or NULL), to be zeroed where
    // the method replaces parameters
    float *const *moments;
    int moment_count;
} method_step;

// The images (setup.view) of own worker `own` in slot `slot` of the batch.
static inline const float *method_view(const method_setup *setup, const method_step *step, int slot,
                                       int own)
{
    return step->batch->views[slot] + (size_t)own * shape_count(setup->view);
}

// The `views` of a method that sees two draws of each sample, in the order of positions.
static inline int method_two_views(const void *settings, view_slot slots[LOADER_MAX_VIEWS])
{
    (void)settings;
    slots[0] = (view_slot){0, false};
    slots[1] = (view_slot){1, false};
    return 2;
}

// The `views` of a method that sees one draw of each sample.
static inline int method_one_view(const void *settings, view_slot slots[LOADER_MAX_VIEWS])
{
    (void)settings;
    slots[0] = (view_slot){0, false};
    return 1;
}

// Own workers first .. first+count-1 (numbers within this rank) that run together.
typedef struct worker_group {
    int first, count;
} worker_group;

// What a method's create gives to the loop; all part of its state.
typedef struct method_core {
    struct model *model; // its weights are what the optimizer changes, its passes a step; or NULL:
    weights *learned;    // what the optimizer changes; the method has a `run` of its own
} method_core;

// How many own workers run together on this graph: one, or all where its operations meet. Worker
// first + i of a group is what graph_select_worker calls i.
static inline int method_group_size(const method_setup *setup, const graph *g)
{
    return graph_meets(g) ? setup->workers.count : 1;
}

// Where run() leaves a worker's results; all zeroed before the call.
typedef struct method_leaf {
    float *gradient;   // (param_count) added to: of the mean energy over the global batch
    float *statistics; // (statistic_count) batch statistics of this worker
    float *metrics;    // (metric_count) this worker's share: the sum over workers is the value
} method_leaf;

// A method that tells a key from negatives, as trainer/loop/warnings.h wants to know it.
typedef struct method_contrast {
    uint64_t negatives;   // K of each query
    uint64_t keys_a_step; // that become negatives of later steps; 0 = those of the step itself are
    double momentum;      // m of the key encoder at the start; 0 = none
    double loss_scale;    // the loss is this times a query's mean cross entropy
} method_contrast;

// The sections of the job that a method reads, beside `method` itself.
enum method_section {
    SECTION_MODEL = 1,     // model: an encoder of whole images
    SECTION_DECODER = 2,   // decoder: from a code back to an image
    SECTION_INFERENCE = 4, // encoder, penalty, solver: codes by inference
    SECTION_HEAD = 8       // model, with the head that it describes
};

// Between what the job's views of a sample differ, of a few samples.
typedef struct view_variety {
    bool draws, epochs, patches;
} view_variety;

#define METHOD_MAX_READOUTS 3

typedef struct method_type {
    const char *name;
    const char *help;
    unsigned sections; // of enum method_section
    // What a trained run can be asked for, NULL-ended; each is evaluated (trainer/evaluator.h).
    const char *readouts[METHOD_MAX_READOUTS + 1];
    const config_field *fields; // own keys in the job's `method` section
    size_t config_size;
    const char *metric_names[METHOD_MAX_METRICS]; // NULL-ended; the first is the loss

    // The views of each sample that a batch must hold; returns how many.
    int (*views)(const void *settings, view_slot slots[LOADER_MAX_VIEWS]);
    size_t state_size; // of what it remembers: zeroed memory of the caller, passed as `state`
    // Builds graphs and initial weights. `setup` outlives the state.
    status (*create)(void *state, const method_setup *setup, method_core *core);
    // Collective. What all workers need first: moving averages, keys of the whole batch. The core's
    // model is prepared. NULL: nothing.
    void (*begin)(void *state, const method_step *step);
    // Forward and backward of own workers; leaves (group.count). Local, and of one worker; where
    // the learned graph meets, collective and of all own workers. NULL: model_run of the core's
    // model.
    void (*run)(void *state, const method_step *step, worker_group group,
                const method_leaf *leaves);
    // After the update: what the next step will remember of this one. NULL: nothing.
    void (*finish)(void *state, const method_step *step);
    // Appends what a checkpoint must hold beside the learned weights; returns how many.
    // arrays == NULL: only counts. Read back through the same descriptions. NULL: nothing.
    size_t (*describe)(void *state, checkpoint_array *arrays);
    // Whether the state that a checkpoint has filled can be gone on with: an integer that will be
    // an index lies in its range. Floats are finite then. NULL: `describe` lists floats alone, and
    // any will do. Errors: ST_BAD_DATA.
    status (*validate)(const void *state);
    void (*destroy)(void *state); // also after a failed create, or none
    // Local, rank 0, at the end of each epoch. Draws what has been learned into files that begin
    // with `prefix`, a path. Errors: ST_IO, ST_INTERNAL. NULL: nothing to see.
    status (*draw)(void *state, const char *prefix);
    // Is there such a number as metric `i` in this job? Else the loop neither prints nor writes it,
    // whatever run leaves there. NULL: there are all.
    bool (*measures)(const void *state, size_t i);
    // Local, before the first step. Says in the log which of the method's settings have no effect
    // in this job, and why. NULL: all have.
    void (*tell_idle)(const void *state, const view_variety *views);
    // samples: of a step. NULL: not contrastive. Else it has metrics "loss" (first) and "accuracy",
    // (K+1)-way.
    void (*contrast)(const void *settings, uint64_t samples, method_contrast *c);
    // samples: of a step. The value of metric *name when the embeddings of all images are one
    // point. NULL: no metric tells.
    double (*one_point)(const void *settings, uint64_t samples, const char **name);
} method_type;

// Whether a run of this method has the readout.
bool method_reads(const method_type *m, const char *readout);

// The single number that a method keeps in checkpoints under `name`; false: it keeps none.
bool method_number(const method_type *m, void *state, const char *name, float *value);

#endif
