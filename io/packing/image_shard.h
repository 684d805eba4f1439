// io/packing/image_shard.h -- one shard from a run of image files: kept as they are, or decoded and
// resized.
//
//   image_shard_hash ─> is there a shard of that hash already?  no ─> image_shard_write
#ifndef IO_PACKING_IMAGE_SHARD_H
#define IO_PACKING_IMAGE_SHARD_H

#include "io/packing/stored_form.h"

#include <stdbool.h>

#define PACK_PROGRESS_SECONDS 10.0 // between lines when stderr is no terminal

typedef struct image_shard {
    const char *path;           // of the shard
    const source_image *images; // (count)
    size_t count;
    const char *class_names; // one a line, in the order of labels; NULL: the images have no labels
    size_t root_length;      // the first so many bytes of the images' paths name the source folder
    const stored_form *form; // how images are stored decoded; NULL: the files are kept
    bool skip_bad; // leave broken images and links to nothing out; else the first is an error
    // Told of each broken image that is left out: one line.
    void (*left_out)(void *context, const char *why);
    void *context;
    pack_notes *notes; // counts each image that is stored
} image_shard;

// Hashes the images' names inside the source folder, their sizes in bytes and labels, the classes'
// names and the form. What was made from something else, or otherwise, has another hash. Never 0.
// Errors: ST_NO_INPUT, ST_IO a file that cannot be looked at.
status image_shard_hash(const image_shard *s, uint64_t *hash);

// Of the bytes of all images in their order, those that are left out among them. Never 0.
// Errors: ST_NO_INPUT an image is not there, and not to be left out; ST_IO; ST_INTERNAL no memory.
status image_shard_contents(const image_shard *s, uint64_t *hash);

// Writes the shard; what is stored depends on nothing but the images. To leave broken images out,
// images that are stored decoded are decoded twice. `stored` and `left_out` count images.
// Errors: ST_BAD_DATA a broken image, or none that is whole; ST_NO_INPUT, ST_IO; ST_INTERNAL.
status image_shard_write(const image_shard *s, uint64_t hash, uint64_t *stored, uint64_t *left_out);

#endif
