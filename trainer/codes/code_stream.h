// trainer/codes/code_stream.h -- from a data set to the sparse codes of its views, chunk by chunk.
//
//   files ─ the job's recipe for evaluation ─> chunks of CODE_ROWS views ─ trained_model ─> codes
//
// Chunks are in stored order; chunk c belongs to rank c mod P. A chunk's codes depend on nothing
// but its images and the weights, so any number of ranks gives the same bits.
#ifndef TRAINER_CODES_CODE_STREAM_H
#define TRAINER_CODES_CODE_STREAM_H

#include "trainer/codes/trained_model.h"
#include "trainer/streams/view_statistics.h"

#define CODE_ROWS 16 // views of a chunk: few, so that ranks share also small data sets

typedef struct code_stream {
    const job *job; // not owned
    dataset *data;
    augmenter *augmenter;
    uint64_t stored, count, chunk_count; // views: of the data, and the first of them that count
    trained_model trained;               // of CODE_ROWS views
} code_stream;

// Local. For a job whose method infers codes: opens `files`, shown in units of `training`, which
// must last as long, and builds the model, still with random weights. At most `most` views, 0 =
// all; data.patches views of each image. encoder_codes: without inference, as with solver
// encoder_only, codes are what the encoder says. Close it also after an error. Errors: as
// dataset_open, views_create and trained_model_create.
status code_stream_open(code_stream *s, const job *j, const view_statistics *training,
                        const char *files, uint64_t most, bool encoder_codes);

void code_stream_close(code_stream *s);

// A loader over the chunks of this rank. One at a time. Errors: ST_INTERNAL.
status code_stream_start(const code_stream *s, const world *w, loader **chunks);

// Infers the codes of this rank's next chunk, into s->trained. Returns the views that count, 0 at
// the end; *images (CODE_ROWS, C, H, W) is the loader's, *chunk its index. Whatever goes wrong is
// left in *trouble, with its message, and the chunk still counts.
int code_stream_next(code_stream *s, loader *chunks, const float **images, uint64_t *chunk,
                     status *trouble);

// Views in a chunk: CODE_ROWS, or fewer in the last.
int code_stream_rows(const code_stream *s, uint64_t chunk);

// Rounds of one chunk a rank: as often every rank calls code_stream_next, the last times perhaps
// without a chunk.
uint64_t code_stream_rounds(const code_stream *s, const world *w);

#endif
