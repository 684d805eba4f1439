// io/images/image_codec.h -- one kind of image file, as io/images/image_decoder.c sees it.
//
// A codec knows the file alone: its pixels lie as they are stored, however the picture is to be
// held.
#ifndef IO_IMAGES_IMAGE_CODEC_H
#define IO_IMAGES_IMAGE_CODEC_H

#include "io/files/buffer.h"
#include "io/images/image_decoder.h"
#include "io/images/tiff_reader.h"

#include <turbojpeg.h>

// What codecs keep from one image to the next.
typedef struct codec_memory {
    tjhandle jpeg;
    buffer rows; // pixels of another form, on their way
    tiff_scratch tiff;
} codec_memory;

typedef struct image_codec {
    const char *name; // "JPEG"
    // Whether the file begins as one of this kind does.
    bool (*begins)(const encoded_image *e);
    // All of the header, height and width as stored. Errors: as image_decoder_look.
    status (*look)(codec_memory *m, const encoded_image *e, image_header *header);
    // All pixels as stored, of the header that `look` has found. rgb: (height, width, 3) uint8;
    // else the header's channels and type. Errors: as image_decoder_decode.
    status (*decode)(codec_memory *m, const encoded_image *e, const image_header *header, bool rgb,
                     void *pixels);
} image_codec;

extern const image_codec image_codec_jpeg, image_codec_png, image_codec_tiff;

// Whether the file's first bytes are these.
bool image_codec_begins(const encoded_image *e, const void *signature, size_t size);

#endif
