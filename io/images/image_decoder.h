// io/images/image_decoder.h -- JPEG, PNG and TIFF files in memory to pixels.
//
//   image_decoder_create ─> per image: image_decoder_look, _decode ─> image_decoder_destroy
//
// Pictures are upright: turned as EXIF's orientation says. Inks (CMYK) become RGB without a colour
// profile, transparency is dropped. An image that is damaged anywhere is an error, also where a
// viewer would still show something.
#ifndef IO_IMAGES_IMAGE_DECODER_H
#define IO_IMAGES_IMAGE_DECODER_H

#include "base/status.h"
#include "io/images/image_info.h"

#define IMAGE_MAX_PIXELS (1 << 28) // height x width; more is taken for a broken header

// One file's contents. Not owned.
typedef struct encoded_image {
    const char *name; // for messages
    const unsigned char *bytes;
    size_t size;
} encoded_image;

typedef struct image_header {
    int height, width;
    int channels;    // 1 grey, 3 RGB; TIFF: up to DATASET_MAX_CHANNELS of anything
    pixel_type type; // of its numbers
    int orientation; // EXIF's, 1 to 8; 1: height and width are as stored
    bool cmyk;       // made of inks
} image_header;

typedef enum image_form {
    IMAGE_RGB,   // (height, width, 3) uint8: grey becomes RGB, of 16 bits the upper 8 are taken
    IMAGE_STORED // (height, width, channels) of the header's type
} image_form;

typedef struct image_decoder image_decoder;

// Errors: ST_INTERNAL no memory.
status image_decoder_create(image_decoder **created);

// Reads the header only. Errors: ST_BAD_DATA neither JPEG nor PNG or TIFF, header broken or cut
// off, or larger than IMAGE_MAX_PIXELS; ST_INTERNAL no memory.
status image_decoder_look(image_decoder *d, const encoded_image *e, image_header *header);

// All pixels, with the header that image_decoder_look has found. Uses the decoder's own state: one
// thread at a time. Errors: ST_BAD_DATA truncated, damaged or not to be made RGB, in the
// library's words, and then the pixels are undefined; ST_INTERNAL no memory.
status image_decoder_decode(image_decoder *d, const encoded_image *e, const image_header *header,
                            image_form form, void *pixels);

void image_decoder_destroy(image_decoder *d); // NULL is fine

#endif
