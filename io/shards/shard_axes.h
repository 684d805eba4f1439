// io/shards/shard_axes.h -- which index of a file's array of images is what: as the job says, or by
// the one order that is usual for so many sizes. An array that makes hardly an image that way is
// asked about.
#ifndef IO_SHARDS_SHARD_AXES_H
#define IO_SHARDS_SHARD_AXES_H

#include "io/shards/shard_layout.h"

// The array as HDF5 has it.
typedef struct array_shape {
    int rank;
    uint64_t dims[4]; // (rank)
    const char *text; // for messages: "60000 x 28 x 28"
} array_shape;

// Sets layout->rank, axes, letters, count, height, width and channels.
//   given    an order of N, H, W and C in capitals or not, in which N (one image) or C (one
//            channel) may be missing; "" or "auto": NHWC, NHW or HW by the number of sizes
//   images   name of the data set, for messages
//   certain  the file says itself that the usual order is right
// Errors: ST_CONFIG letters that are no order, or an "auto" that makes images of a height or width
// of at most 4, or of more channels than rows (names the order that is likely meant); ST_BAD_DATA
// letters that do not fit the array, a size of 0, more than 64 channels.
status shard_axes_choose(shard_layout *layout, const char *given, const char *images, bool certain,
                         const array_shape *shape);

// The order that is likely meant for images of layout->height, width and channels, where these are
// hardly those of images; NULL: they are plausible, or no order is better.
const char *shard_axes_likely(const shard_layout *layout);

#endif
