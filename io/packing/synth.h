// io/packing/synth.h -- synthetic images and points, for demos and tests without any data at hand.
//
// A kind is one file in io/packing/synths/ with one exported const table, and one line in
// io/packing/synths.def. An image is a pure function of (seed, split, index, size): the test images
// do not change with the number of training images.
#ifndef IO_PACKING_SYNTH_H
#define IO_PACKING_SYNTH_H

#include "base/rng.h"
#include "base/status.h"
#include "io/shards/shard_series.h"

#include <stdbool.h>

typedef struct synth_type {
    const char *name;
    const char *help; // one line
    pixel_type type;
    int channels;
    int classes;           // 0: no labels
    int smallest, largest; // height and width, pixels
    int usual;             // those that are made when no size is asked for
    // Draws one image (size, size, channels) of `type` and returns its label, 0 .. classes-1, which
    // depends on the index alone; -1 without labels. Draws come from r, opened for this image.
    int64_t (*draw)(rng *r, uint64_t index, int size, void *pixels);
} synth_type;

extern const synth_type *const synth_table[]; // NULL-ended
const synth_type *synth_find(const char *name);

// One image by its key. split: 0 train, 1 test.
int64_t synth_draw(const synth_type *kind, uint64_t seed, uint32_t split, uint64_t index, int size,
                   void *pixels);

typedef struct synth_job {
    const synth_type *kind;
    const char *folder; // made if it is not there
    uint64_t seed;
    uint64_t train, test; // images of each split; 0: none
    int size;             // height and width, pixels; 0: the usual
    bool replace;         // overwrite shards of that name
} synth_job;

// Writes folder/train-00000.h5 ... and folder/test-00000.h5 ...; `made` (2) tells what each split
// became. Errors: ST_USAGE a size that the kind has not, or shards there already; ST_IO.
status synth_write(const synth_job *job, shard_series_result made[2]);

// Height and width of the images of a job, pixels.
int synth_size(const synth_job *job);

#endif
