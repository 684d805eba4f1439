// trainer/codes/code_stack.h -- runs of sparse codes on top of each other, and the image seen from
// each level.
//
//   y ≈ D0 z0,  z0 ≈ D1 z1,  z1 ≈ D2 z2: each run was trained on the dense codes of the one before
//   from level 2 alone:  D0 D1 D2 z2;  from level 1: D0 D1 z1;  from level 0: D0 z0
//
// The codes of a level are inferred from those of the level before. With what each level adds, all
// levels together are level 0: D0 (D1 (D2 z2 + (z1 - D2 z2)) + (z0 - D1 z1)) = D0 z0.
//   source: the multi-layer convolutional model of Papyan, Romano, Elad 2017 (JMLR 18:83), sec. 3
#ifndef TRAINER_CODES_CODE_STACK_H
#define TRAINER_CODES_CODE_STACK_H

#include "trainer/codes/code_stream.h"
#include "trainer/evaluation/trained_run.h"

#define CODE_STACK_LEVELS 8

typedef struct code_stack {
    int levels;
    trained_run runs[CODE_STACK_LEVELS];
    code_stream stream; // of level 0
    loader *chunks;
    trained_model above[CODE_STACK_LEVELS]; // of level 1 and up; the first is not used
    int rows;                               // views that count, at most CODE_ROWS
    const float *images;                    // (CODE_ROWS, C, H, W) of the loader
    float *planes, *next;                   // room for those of any level
} code_stack;

// Local. The newest checkpoints of `folders`, lowest first, and the first CODE_ROWS views of
// `files`. Overrides are for all runs. `command` begins messages. Close it also after an error.
// Errors: as trained_run_open_codes, code_stream_open; ST_CONFIG a run that was not trained on
// codes as they are; ST_BAD_DATA runs that do not fit on each other.
status code_stack_open(code_stack *s, const char *command, const char *const *folders, int levels,
                       const char *files, int override_count, char *const *overrides);

void code_stack_close(code_stack *s);

// Local. Codes of all levels, once. Errors: as code_stream_next.
status code_stack_infer(code_stack *s, const world *w);

const sparse_model *code_stack_model(const code_stack *s, int level);

// View `row`, from the codes of `level` alone, into pixels (C, H, W).
void code_stack_reconstruct(code_stack *s, int level, int row, float *pixels);

#endif
