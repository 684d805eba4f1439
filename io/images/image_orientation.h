// io/images/image_orientation.h -- how a camera was held: EXIF's orientation, 1 to 8, and the
// turning of pixels that it asks for.
//
//   1 as stored    2 mirrored left to right    3 half a turn    4 mirrored top to bottom
//   5 mirrored along the diagonal    6 a quarter clockwise
//   7 along the other diagonal       8 a quarter back
//   source: Exif 2.32, tag 0x0112
#ifndef IO_IMAGES_IMAGE_ORIENTATION_H
#define IO_IMAGES_IMAGE_ORIENTATION_H

#include <stdbool.h>
#include <stddef.h>

// Of the EXIF data of a file, which begin with "II" or "MM"; 1 when they say none, or are broken.
int orientation_of_exif(const unsigned char *exif, size_t size);

// Whether height and width change places.
bool orientation_swaps(int orientation);

// Turns `from` (height, width) pixels of pixel_size bytes each: `to` is upright, (width, height) if
// the orientation swaps. They do not overlap.
void orientation_turn(int orientation, int height, int width, size_t pixel_size, const void *from,
                      void *to);

#endif
