// io/views/window.h -- a window of an image as planes, whichever form the image has
// (io/views/augment.h). Only what the window shows is converted.
#ifndef IO_VIEWS_WINDOW_H
#define IO_VIEWS_WINDOW_H

#include "io/views/augment.h"

// Columns x .. x + count - 1 of row y: `rows` (channels, stride) floats, stride >= count.
void window_row(const image *in, int y, int x, int count, float *rows, size_t stride);

// The window of out's height and width whose upper left pixel is (top, left), into out's planes.
void window_planes(const image *in, int top, int left, const image *out);

#endif
