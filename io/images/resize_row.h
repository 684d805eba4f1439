// io/images/resize_row.h -- a row of pixels to another width, by weights that are worked out
// beforehand.
#ifndef IO_IMAGES_RESIZE_ROW_H
#define IO_IMAGES_RESIZE_ROW_H

#include <stddef.h>

// How one axis of an image is resized: output i is the sum over k of weights(k, i) times input
// first(i) + k, 0 <= k < taps. first never falls.
typedef struct axis {
    int taps;
    size_t
        stride; // resize_row_stride of the number of outputs; what is beyond them repeats the last
    int *first; // (stride)
    float *weights; // (taps, stride), 0 beyond the last output
} axis;

// Floats of a row of `count` outputs, those included that are written beyond it.
size_t resize_row_stride(int count);

// Floats of a row of `count` inputs, those included that are read beyond it, where anything may
// stand.
size_t resize_row_room(int count);

// Resizes `channels` rows: in (channels, room) -> out. The rows of `out` begin `out_row` floats
// after each other and have stride each; they do not overlap.
void resize_row(const axis *a, int channels, const float *in, size_t room, float *out,
                size_t out_row);

#endif
