// tests/io/image_folder.h -- folders of JPEG and PNG files for tests, and packing them.
#ifndef TESTS_IO_IMAGE_FOLDER_H
#define TESTS_IO_IMAGE_FOLDER_H

#include "io/packing/pack.h"
#include "tests/io/folder.h"

// A sub-folder.
void image_folder_class(const test_folder *folder, const char *name);

// Pictures of one colour: `shade`, 100, 200. Of the JPEG the last `missing` bytes are left out.
void image_folder_png(const test_folder *folder, const char *name, int height, int width,
                      int shade);
void image_folder_jpeg(const test_folder *folder, const char *name, int height, int width,
                       int shade, size_t missing);

// A grey PNG of 16 bits: 1000 in the first pixel, then 1001 ... row by row.
void image_folder_deep(const test_folder *folder, const char *name, int height, int width);

// A JPEG of inks (CMYK) of a camera that was held a quarter clockwise: height and width as stored.
void image_folder_inks(const test_folder *folder, const char *name, int height, int width);

// A JPEG of a pattern that differs with `seed`.
void image_folder_pattern(const test_folder *folder, const char *name, int height, int width,
                          int seed);

// Removes the folder with all that is in it; 0, or -1 on failure.
int image_folder_remove(const test_folder *folder);

// All rounds of all job->rank_count processes, one after the other; stops at the first failure.
// *left_out (may be NULL) becomes the lines about broken images, to be freed.
status image_folder_pack(const pack_job *job, pack_result *result, char **left_out);

#endif
