// io/packing/square_image.h -- the middle of an image, resized to a square.
#ifndef IO_PACKING_SQUARE_IMAGE_H
#define IO_PACKING_SQUARE_IMAGE_H

#include "io/images/image_file.h"

typedef struct square_reader square_reader;

// For squares of `side` pixels. Errors: ST_INTERNAL no memory.
status square_reader_create(square_reader **created, int side);

// The largest square in the middle of the image, resized to (side, side, channels) of its type
// without aliasing; a short side of `side` pixels is copied as it is. Memory grows to the largest
// image. Errors: ST_INTERNAL no memory.
status square_reader_resize(square_reader *r, const decoded_image *decoded, void *pixels);

void square_reader_destroy(square_reader *r); // NULL is fine

#endif
