// io/packing/kept_shard.h -- whether a shard that is there already is what would be made of its
// images.
//
//   kept_shard_look, before anything is written ─> kept_shard_check, when its turn comes
#ifndef IO_PACKING_KEPT_SHARD_H
#define IO_PACKING_KEPT_SHARD_H

#include "io/packing/image_shard.h"

typedef struct kept_shard {
    bool keep;
    uint64_t samples;
    shard_source source; // of what is there
} kept_shard;

// By the shard's header alone: it was made of images of these names, sizes and labels in the same
// way, and does not lack some that are wanted. hash: of image_shard_hash. No shard there: keep is
// false. Errors: ST_USAGE it was made of other images, or otherwise; ST_BAD_DATA it cannot be
// opened; ST_IO.
status kept_shard_look(const image_shard *shard, uint64_t hash, kept_shard *kept);

// Of one that can be kept so far, reads all of it and of its images: keep becomes false, with a
// warning, when it is damaged or does not say what its images contained. Errors: ST_USAGE an image
// was replaced by another of the same size; ST_NO_INPUT, ST_IO an image cannot be read; ST_INTERNAL
// no memory.
status kept_shard_check(const image_shard *shard, kept_shard *kept);

#endif
