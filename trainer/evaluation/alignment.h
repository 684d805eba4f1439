// trainer/evaluation/alignment.h -- how near two random views of an image lie in the features.
#ifndef TRAINER_EVALUATION_ALIGNMENT_H
#define TRAINER_EVALUATION_ALIGNMENT_H

#include "trainer/streams/embedding.h"

#define ALIGNMENT_CHUNKS 8 // of EMBEDDING_ROWS images, evenly spread over the data set

// Collective. health_alignment over both views, by `views` as in epoch 0 of `seed`, of the images
// of at most ALIGNMENT_CHUNKS chunks. The stream's own loader must not be running. how->unit must
// be true. The same bits on any number of ranks. Errors, the same on all ranks, message already
// printed: ST_INTERNAL; as the chunks' reading.
status alignment_measure(const embedding *how, const image_stream *s, const world *w,
                         augmenter *views, uint64_t seed, double *alignment);

#endif
