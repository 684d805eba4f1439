// io/images/image_decoder.h -- JPEG and PNG files in memory to 8-bit RGB.
//
//   image_decoder_create ─> per image: image_decoder_size, image_decoder_decode ─> image_decoder_destroy
//
// Grey images become RGB, 16-bit PNG is cut to its upper 8 bits, transparency is dropped. An image
// that is damaged anywhere is an error, also where a viewer would still show something.
#ifndef IO_IMAGES_IMAGE_DECODER_H
#define IO_IMAGES_IMAGE_DECODER_H

#include "base/status.h"

#include <stddef.h>

#define IMAGE_MAX_PIXELS (1 << 28) // height x width; more is taken for a broken header

// One file's contents. Not owned.
typedef struct encoded_image {
    const char *name; // for messages
    const unsigned char *bytes;
    size_t size;
} encoded_image;

typedef struct image_decoder image_decoder;

// Errors: ST_INTERNAL no memory.
status image_decoder_create(image_decoder **created);

// Reads the header only: pixels. Errors: ST_BAD_DATA neither JPEG nor PNG, header broken or cut off,
// or larger than IMAGE_MAX_PIXELS; ST_INTERNAL no memory.
status image_decoder_size(image_decoder *d, const encoded_image *e, int *height, int *width);

// All pixels as (height, width, 3), with height and width from image_decoder_size. Uses the decoder's own
// state: one thread at a time. Errors: ST_BAD_DATA truncated, damaged, or a colour space without
// RGB (CMYK), in the library's words, and then the pixels are undefined; ST_INTERNAL no memory.
status image_decoder_decode(image_decoder *d, const encoded_image *e, int height, int width,
                            unsigned char *pixels);

void image_decoder_destroy(image_decoder *d); // NULL is fine

#endif
