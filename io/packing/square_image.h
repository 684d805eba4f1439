// io/packing/square_image.h -- an image file as a square of uint8 RGB: decoded, and its middle resized.
#ifndef IO_PACKING_SQUARE_IMAGE_H
#define IO_PACKING_SQUARE_IMAGE_H

#include "io/images/image_file.h"

typedef struct square_reader square_reader;

// For squares of `side` pixels. Errors: ST_INTERNAL no memory.
status square_reader_create(square_reader **created, int side);

// The largest square in the middle of the file's image, resized to (side, side, 3) without
// aliasing; a short side of `side` pixels is copied as it is. Memory grows to the largest image.
// Errors: ST_NO_INPUT, ST_IO; ST_BAD_DATA as image_decoder_decode; ST_INTERNAL no memory.
status square_reader_get(square_reader *r, const char *path, unsigned char *pixels);

// The same for an image that is decoded already. Errors: ST_INTERNAL no memory.
status square_reader_resize(square_reader *r, const decoded_image *decoded, unsigned char *pixels);

void square_reader_destroy(square_reader *r); // NULL is fine

#endif
