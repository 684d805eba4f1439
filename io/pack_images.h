// io/pack_images.h -- the part of pack that stores folders of JPEG and PNG files.
#ifndef IO_PACK_IMAGES_H
#define IO_PACK_IMAGES_H

#include "io/class_folder.h"
#include "io/pack.h"

#include <limits.h>

// DST/name
void pack_split_prefix(const pack_job *job, const char *name, char prefix[PATH_MAX]);

// Checks the job, and when broken images are to be skipped decodes all, names each broken one in a
// warning and drops it from the list. Errors: ST_USAGE no side; ST_BAD_DATA none is left; ST_IO.
status pack_images_prepare(class_folder *images, const pack_job *job, uint64_t *skipped);

// Stores the images of split 0 (train) or 1 (test), if there are any, and adds it to the result.
// Errors: as pack.
status pack_images_split(const class_folder *images, int split, const char *name,
                         const pack_job *job, pack_result *result);

#endif
