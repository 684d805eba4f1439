// trainer/streams/embedding.h -- from a data set to rows of features, chunk by chunk.
//
//   image_stream (files, un-augmented) ─ chunks of EMBEDDING_ROWS images ─> embedding ─> rows
//
// Chunks are in stored order; chunk c belongs to rank c mod P. A chunk's rows depend on nothing but
// its images and the embedding, so any number of ranks gives the same bits.
#ifndef TRAINER_STREAMS_EMBEDDING_H
#define TRAINER_STREAMS_EMBEDDING_H

#include "io/views/loader.h"
#include "trainer/streams/view_statistics.h"

#define EMBEDDING_ROWS 256 // images of a chunk

// One data set and what reads it.
typedef struct image_stream {
    dataset *data;
    augmenter *augmenter;
    const dataset_info *info; // the data set's
    uint64_t chunk_count;
} image_stream;

// How a chunk of images (EMBEDDING_ROWS, C, H, W) becomes EMBEDDING_ROWS rows of `dim` floats.
typedef struct embedding {
    int dim;
    bool unit; // rows are then scaled to unit length; a row of zeros stays
    void (*embed)(void *state, const float *images, float *rows);
    void *state;
} embedding;

// Opens `files` (data.train or data.test) of the job, shown in units of `training`, which must last
// as long. Close it also after an error. Errors: as dataset_open and views_create.
status image_stream_open(image_stream *s, const job *j, const view_statistics *training,
                         const char *files);

void image_stream_close(image_stream *s);

// A loader over the chunks of this rank. One at a time. Errors: ST_INTERNAL.
status image_stream_start(const image_stream *s, const world *w, loader **chunks);

// All labels of a labelled data set, in stored order; *labels is the caller's to free, also after
// an error. Errors: ST_INTERNAL no memory; as dataset_read_labels.
status image_stream_labels(const image_stream *s, int64_t **labels);

// The next own chunk as rows (EMBEDDING_ROWS, dim). Returns the number of its rows that count, 0 at
// the end; *chunk is its index. A chunk that could not be read leaves its status in *trouble, with
// its message, and still counts.
int embedding_next(const embedding *how, const image_stream *s, loader *chunks, float *rows,
                   uint64_t *chunk, status *trouble);

// The same for a loader of two views: rows of the first, and of the second.
int embedding_next_pair(const embedding *how, const image_stream *s, loader *pairs, float *first,
                        float *second, uint64_t *chunk, status *trouble);

// Images in a chunk: EMBEDDING_ROWS, or fewer in the last.
int image_stream_rows(const image_stream *s, uint64_t chunk);

// Floats of room that embedding_gather needs: whole rounds of one chunk a rank.
size_t embedding_room(const embedding *how, const image_stream *s, const world *w);

// Collective. The rows of all images, in stored order, on every rank; rows behind the last image
// are undefined. Errors, local: agree on it: as the chunks' reading.
status embedding_gather(const embedding *how, const image_stream *s, const world *w, loader *chunks,
                        float *rows);

#endif
