// io/packing/format.h -- foreign files of images that `basin pack` turns into shards.
//
//   open ─> next, info.count times ─> close
//
// A format is one file in io/packing/formats/ with one exported const table, and one line in
// io/packing/formats.def. It reads one file at a time, from its beginning to its end.
#ifndef IO_PACKING_FORMAT_H
#define IO_PACKING_FORMAT_H

#include "io/shards/shard_writer.h"

typedef struct format_info {
    uint64_t count; // samples
    sample_shape shape;
} format_info;

// What the caller says of files that cannot tell themselves. Not owned.
typedef struct format_hints {
    const char *raw;                    // layout of bare numbers; NULL: the files are no such
    const char *images, *labels, *axes; // HDF5: as in io/shards/dataset.h
    nan_rule nan;                       // HDF5
} format_hints;

typedef struct format_type {
    const char *name;
    const char *help; // one line: what the files are called
    // The part of the data set that a file of this name holds in a folder of this format, "train"
    // or "test"; NULL: none, the file is not packed by itself.
    const char *(*split)(const char *file_name);
    // Whether the file's contents, or if they cannot tell its size and name, are of this format.
    bool (*probe)(const char *path);
    // info->shape.class_names lasts until close.
    // Errors: ST_NO_INPUT, ST_BAD_DATA (says what was expected and what came), ST_IO; ST_USAGE or
    // ST_CONFIG bad hints.
    status (*open)(void **reader, const char *path, const format_hints *hints, format_info *info);
    // The next sample as (height, width, channels), its label (-1 without labels), and behind it
    // its coarse one if the shape has such.
    // Errors: ST_BAD_DATA truncated, label out of range; ST_IO.
    status (*next)(void *reader, void *pixels, int64_t labels[2]);
    void (*close)(void *reader);
} format_type;

extern const format_type *const format_table[]; // NULL-ended

#endif
