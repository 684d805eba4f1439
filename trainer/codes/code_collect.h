// trainer/codes/code_collect.h -- codes of a whole stream to rank 0, in stored order, whichever
// rank inferred them.
#ifndef TRAINER_CODES_CODE_COLLECT_H
#define TRAINER_CODES_CODE_COLLECT_H

#include "trainer/codes/code_stream.h"

// Who turns codes into bytes, and who takes them.
typedef struct code_sink {
    void *state;
    size_t room; // most bytes of a chunk
    // Local. The codes of the first `rows` views of the model into `bytes`; returns how many were
    // used.
    size_t (*pack)(void *state, sparse_model *m, int rows, void *bytes);
    // Local, on rank 0, chunk by chunk in stored order. Errors: its own.
    status (*take)(void *state, int rows, const void *bytes);
} code_sink;

// Collective. Needs the room of one chunk, however many ranks and views there are. On error all
// ranks return the same status, its message already printed. Errors: as code_stream_start and
// code_stream_next; those of take.
status code_collect(code_stream *s, const world *w, const code_sink *sink);

#endif
