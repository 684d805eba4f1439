// io/packing/class_folder.h -- a folder with one sub-folder of JPEG and PNG files for each class.
//
//   FOLDER/cat/1.jpg FOLDER/cat/2.png FOLDER/dog/7.jpeg ...
#ifndef IO_PACKING_CLASS_FOLDER_H
#define IO_PACKING_CLASS_FOLDER_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

typedef struct class_image {
    char *path;
    int64_t label; // number of its class
    size_t place;  // among the images of its class, from 0
} class_image;

typedef struct class_folder {
    class_image *images; // (count), by class, then by name
    size_t count, room;
    char *class_names; // one a line, in the order of labels
    int64_t classes;
} class_folder;

// Classes are the sub-folders that hold images, in the order of their names; an image ends in .jpg,
// .jpeg or .png in any case, and hidden names count nothing. count is 0 when there are none.
// Free with class_folder_free, also on errors. Errors: ST_NO_INPUT, ST_IO, ST_INTERNAL no memory.
status class_folder_list(class_folder *f, const char *path);

void class_folder_free(class_folder *f);

#endif
