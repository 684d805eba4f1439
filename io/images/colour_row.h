// io/images/colour_row.h -- pixels of three bytes each to three rows of floats in 0..1.
#ifndef IO_IMAGES_COLOUR_ROW_H
#define IO_IMAGES_COLOUR_ROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Are there instructions for rows of `count` pixels? Else colour_row does nothing and says so.
//   pixels (count, 3) -> rows (3, stride), each byte / 255
bool colour_row(const uint8_t *pixels, int count, float *rows, size_t stride);

#endif
