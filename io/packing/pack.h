// io/packing/pack.h -- foreign files become shards.
//
//   a folder      DST/train-00000.h5 ... and DST/test-00000.h5 ..., as the format tells them apart
//   some files    DST-00000.h5 ..., one file's samples after the other's, in the order given
//   images        a folder of JPEG, PNG and TIFF files: see io/packing/image_pack.h; without splits
//                 of its own (io/packing/image_source.h), of each class the images number
//                 test_every - 1, 2 test_every - 1, ... by name are for testing
#ifndef IO_PACKING_PACK_H
#define IO_PACKING_PACK_H

#include "io/shards/shard_series.h"

enum { PACK_TRAIN, PACK_VAL, PACK_TEST, PACK_MAX_SPLITS };

// What images are stored as when they are stored decoded.
typedef enum pack_pixels {
    PACK_RGB, // uint8, three channels
    PACK_U8,  // their own channels, of this type
    PACK_U16,
    PACK_F32
} pack_pixels;

#define PACK_SAME (-1) // all images are of one size, which is kept

typedef struct pack_job {
    const char *const *sources; // one folder, or files of one format and shape
    int source_count;
    const char *destination;
    const char
        *raw; // layout of files of bare numbers (io/packing/formats/raw.c); NULL: they are others
    // HDF5 files only, as in io/shards/dataset.h; NULL: /images, /labels if there are any, auto
    const char *images, *column, *axes;
    nan_rule nan;
    uint64_t shard_size; // samples
    bool replace;        // overwrite shards of that name
    // Folders of images only:
    int side;             // images are stored decoded, side x side pixels; 0: the files; PACK_SAME
    pack_pixels pixels;   // PACK_RGB when the files are kept
    int test_every;       // of each class's images every so-many-th is a test image; 0: none
    const char *labels;   // where labels come from (io/packing/image_source.h); NULL: folders
    bool skip_bad;        // broken images are named and left out; else the first ends it all
    int rank, rank_count; // this process, and how many pack together
} pack_job;

// Images of which something is worth telling; of shards made now, not of kept ones.
typedef struct pack_notes {
    uint64_t turned; // upright by EXIF's orientation
    uint64_t inks;   // CMYK that became RGB
    uint64_t cut;    // of 16 bits, of which the upper 8 are used
} pack_notes;

typedef struct pack_split {
    const char *name; // "train", "val", "test"; "" for files
    sample_shape shape;
    shard_series_result made;
} pack_split;

typedef struct pack_result {
    int split_count;
    uint64_t skipped;     // broken images
    uint64_t kept_shards; // there already
    pack_notes notes;
    pack_split splits[PACK_MAX_SPLITS];
} pack_result;

// "train", "val", "test"
extern const char *const pack_split_names[PACK_MAX_SPLITS];

// ST_BAD_DATA: the folder holds nothing that can be packed; the message lists what can, and what it
// holds (io/packing/ignored_files.h).
status pack_finds_nothing(const char *folder, const char *ignored);

// Whether the source is a folder without files of a known format: for io/packing/image_pack.h, not
// for pack. Errors: ST_NO_INPUT, ST_IO.
status pack_finds_images(const pack_job *job, bool *images);

// Reads and writes everything, with progress. On errors no shard is left.
// Errors: ST_NO_INPUT, ST_BAD_DATA (unknown format, sources that disagree, broken files), ST_USAGE
// (destination exists, a bad layout), ST_IO.
status pack(const pack_job *job, pack_result *result);

#endif
