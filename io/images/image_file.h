// io/images/image_file.h -- JPEG, PNG and TIFF files: their bytes, and their pixels.
//
//   image_file_create ─> per file: image_file_read, perhaps _decode ─> image_file_destroy
#ifndef IO_IMAGES_IMAGE_FILE_H
#define IO_IMAGES_IMAGE_FILE_H

#include "io/images/image_decoder.h"

typedef struct image_file image_file; // one reader, for one file after the other

typedef struct decoded_image {
    image_header header; // of the file
    int channels;        // of the pixels
    pixel_type type;     // of the pixels
    const void *pixels;  // (height, width, channels), valid until the reader's next call
} decoded_image;

// Errors: ST_INTERNAL no memory.
status image_file_create(image_file **created);

// The file's bytes, valid until the reader's next call. Memory grows to the largest file.
// Errors: as input_open; ST_INTERNAL no memory.
status image_file_read(image_file *f, const char *path, encoded_image *bytes);

// Its header alone. Errors: as image_decoder_look.
status image_file_look(image_file *f, const encoded_image *bytes, image_header *header);

// Its pixels in this form. Errors: as image_decoder_decode; ST_INTERNAL no memory.
status image_file_decode(image_file *f, const encoded_image *bytes, image_form form,
                         decoded_image *pixels);

void image_file_destroy(image_file *f); // NULL is fine

#endif
