// trainer/streams/chunk_loader.h -- a data set in stored order, in chunks that are dealt to the
// ranks in turn: chunk c to rank c mod P.
#ifndef TRAINER_STREAMS_CHUNK_LOADER_H
#define TRAINER_STREAMS_CHUNK_LOADER_H

#include "comm/world.h"
#include "io/views/loader.h"

// What a walk over chunks is: chunk i of `count` begins at sample i * spread * rows.
typedef struct chunk_walk {
    uint64_t seed;    // of the views' draws
    uint64_t samples; // of the data set, patches of an image counted each
    uint64_t patches; // of an image; 0 = the image is one sample
    uint64_t count;   // chunks
    uint64_t spread;  // 1 = every chunk
    int rows;         // samples of a chunk
    int views;        // random draws of each sample
} chunk_walk;

// A loader over the chunks of this rank. Errors: ST_INTERNAL.
status chunk_loader_create(loader **chunks, dataset *data, augmenter *a, const world *w,
                           const chunk_walk *walk);

#endif
