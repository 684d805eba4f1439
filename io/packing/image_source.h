// io/packing/image_source.h -- which images of a folder are packed, and the class and split of
// each.
//
//   SRC/cat/1.jpg SRC/dog/2.png       one sub-folder a class
//   SRC/1.jpg SRC/2.png               a flat folder: no labels
//   SRC/train/... SRC/val/...         the folder's own splits, each laid out in one of these ways;
//                                     valid and validation are val, training is train, and test
//   any of them, and labels from a pattern: images of all depths, the class is in the name
#ifndef IO_PACKING_IMAGE_SOURCE_H
#define IO_PACKING_IMAGE_SOURCE_H

#include "io/packing/ignored_files.h"
#include "io/packing/pack.h"

typedef struct source_image {
    char *path;
    int64_t label; // number of its class; -1: none
    int split;     // PACK_TRAIN ...
    size_t place;  // among the images of its class and split, from 0
} source_image;

typedef struct image_source {
    source_image *images; // (count), by class, then by name
    size_t count;
    char *class_names; // one a line, in the order of labels; NULL without classes
    int64_t classes;
    bool has_splits;                // its own; else all images are in PACK_TRAIN
    bool labelled[PACK_MAX_SPLITS]; // the split's images have labels
    ignored_files ignored;
} image_source;

// labels: NULL the layout above; "none" images of all depths without labels; else a pattern
// (io/packing/label_pattern.h) for the path inside the folder. Classes are numbered in the order of
// their names: of the numbers that these are, when a pattern finds nothing but whole numbers, else
// of their bytes. What is not packed is in `ignored`. count is 0 when there is nothing to pack.
// Free with image_source_free, also on errors. Errors: ST_NO_INPUT, ST_IO; ST_USAGE a bad pattern;
// ST_BAD_DATA names of classes that a shard cannot hold; ST_INTERNAL no memory.
status image_source_list(image_source *s, const char *root, const char *labels);

void image_source_free(image_source *s);

#endif
