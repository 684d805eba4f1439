// io/pack.h -- foreign files become shards.
//
//   a folder      DST/train-00000.h5 ... and DST/test-00000.h5 ..., as the format tells them apart
//   some files    DST-00000.h5 ..., one file's samples after the other's, in the order given
//   images        a folder with a sub-folder of JPEG and PNG files for each class (class_folder.h):
//                 the same as a folder; of each class the images number test_every - 1,
//                 2 test_every - 1, ... by name are for testing
#ifndef IO_PACK_H
#define IO_PACK_H

#include "io/shard_series.h"

#define PACK_MAX_SPLITS 2

typedef struct pack_job {
    const char *const *sources; // one folder, or files of one format and shape
    int source_count;
    const char *destination;
    const char *raw; // layout of files of bare numbers (io/formats/raw.c); NULL: they are others
    uint64_t shard_size; // samples
    bool replace;        // overwrite shards of that name
    int side;            // images are stored decoded, side x side pixels; 0: none are expected
    int test_every;      // of each class's images every so-many-th is a test image; 0: none
    bool skip_bad;       // broken images are named and left out; else the first ends it all
} pack_job;

typedef struct pack_split {
    const char *name; // "train", "test"; "" for files
    sample_shape shape;
    shard_series_result made;
} pack_split;

typedef struct pack_result {
    int split_count;
    uint64_t skipped; // broken images
    pack_split splits[PACK_MAX_SPLITS];
} pack_result;

// Reads and writes everything, with progress. On errors no shard is left. To leave broken images
// out, all images are decoded once before the first is stored.
// Errors: ST_NO_INPUT, ST_BAD_DATA (unknown format, sources that disagree, broken files), ST_USAGE
// (destination exists, images without a side, a bad layout), ST_IO.
status pack(const pack_job *job, pack_result *result);

#endif
