// trainer/evaluator.h -- what a trained run is worth on test data, by one of its readouts.
//
//   create ─> [floors] ─> score, as often as wanted ─> destroy
//
// One file in trainer/evaluators/ with one exported const evaluator_type, one line in
// evaluators.def. A method names its readouts (trainer/method.h); each is scored by the evaluator
// of its name, during training and by `basin eval`.
#ifndef TRAINER_EVALUATOR_H
#define TRAINER_EVALUATOR_H

#include "comm/world.h"
#include "trainer/job/job.h"
#include "trainer/streams/view_statistics.h"

#define SCORES_MAX      12
#define SCORE_NAME_SIZE 48

// Numbers by the names they have in metrics.jsonl; what is not known is not there.
typedef struct scores {
    struct {
        const char *name; // lives as long as the evaluator
        double value;
    } of[SCORES_MAX];
    int count;
} scores;

// NaN is not added.
void scores_add(scores *s, const char *name, double value);

// NaN where there is none of this name.
double scores_find(const scores *s, const char *name);

typedef struct evaluator_setup {
    const world *world;
    const job *job;
    const view_statistics *training; // of the data trained on; outlives the evaluator
    const weights *learned;          // NULL: those of a checkpoint will come
} evaluator_setup;

// Where weights are: in a training, or in a checkpoint file.
typedef struct trained {
    const char *checkpoint; // path; or NULL:
    const weights *learned;
    void *method; // the state of the job's method
} trained;

typedef struct evaluator_type {
    const char *readout;
    // Local. Opens the job's test data. *state: NULL after an error. Errors: those of data and
    // nets.
    status (*create)(void **state, const evaluator_setup *setup);
    // Collective. What would be scored without training. NULL, or no scores: there is none.
    status (*floors)(void *state, scores *found);
    // Collective. On error all ranks return the same status, its message already printed.
    status (*score)(void *state, const trained *from, scores *found);
    // Collective. Takes the memory of a score, does little of the work (base/peak_memory.h).
    status (*rehearse)(void *state, const trained *from);
    // One line for the log.
    void (*tell)(const scores *found, char *line, size_t size);
    // The text of `basin eval`, on standard output.
    void (*print)(const job *j, const scores *floors, const scores *found);
    void (*destroy)(void *state); // state may be NULL
} evaluator_type;

// All that a run's method can be asked for.
typedef struct evaluators {
    const evaluator_type *type[METHOD_MAX_READOUTS];
    void *state[METHOD_MAX_READOUTS];
    int count;
} evaluators;

// Local. One for each readout of the job's method. Destroy them also after an error.
status evaluators_create(evaluators *e, const evaluator_setup *setup);
void evaluators_destroy(evaluators *e);

#endif
