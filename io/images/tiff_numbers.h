// io/images/tiff_numbers.h -- a TIFF image's numbers as they are stored, from strips or tiles.
#ifndef IO_IMAGES_TIFF_NUMBERS_H
#define IO_IMAGES_TIFF_NUMBERS_H

#include "io/files/buffer.h"
#include "io/images/image_info.h"

#include <tiffio.h>

// What the tags of an image say.
typedef struct tiff_shape {
    uint32_t height, width;
    uint16_t samples;    // numbers of a pixel, transparency among them
    uint16_t bits, kind; // of a number: SAMPLEFORMAT_...
    uint16_t colours;    // PHOTOMETRIC_...
    bool apart;          // each channel in a plane of its own
    int channels;        // without transparency, which comes last
    bool plain;          // numbers that are pixels; else the library must convert them
    pixel_type type;     // that they are given as
} tiff_shape;

// Of the current image. False when a size is missing.
bool tiff_shape_find(TIFF *file, tiff_shape *shape);

// Plain numbers as (height, width, channels) of the shape's type. False: damaged, or no memory, as
// the library has said. Errors: none of our own.
bool tiff_numbers_read(TIFF *file, const tiff_shape *shape, buffer *scratch, void *pixels);

#endif
