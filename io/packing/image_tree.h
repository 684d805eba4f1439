// io/packing/image_tree.h -- the image files in a folder and in all folders below it.
#ifndef IO_PACKING_IMAGE_TREE_H
#define IO_PACKING_IMAGE_TREE_H

#include "base/status.h"
#include "io/packing/ignored_files.h"

// Names inside the folder, as "cat/old/1.jpg", in the order of their bytes.
typedef struct image_tree {
    char **names; // (count)
    size_t count, room;
    ignored_files others; // files that are no images
} image_tree;

// Images end in .jpg, .jpeg, .png, .tif or .tiff in any case; hidden files and folders count
// nothing. Links are followed. Free with image_tree_free, also on errors. Errors: ST_NO_INPUT,
// ST_IO; ST_BAD_DATA folders in folders without end; ST_INTERNAL no memory.
status image_tree_list(image_tree *t, const char *root);

void image_tree_free(image_tree *t);

#endif
