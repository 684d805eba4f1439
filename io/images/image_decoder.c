// io/images/image_decoder.c -- finds the codec of a file, and turns its pixels upright.
#include "io/images/image_decoder.h"

#include "io/images/image_codec.h"
#include "io/images/image_orientation.h"
#include "io/images/pixels.h"

#include <stdlib.h>
#include <string.h>

static const image_codec *const codecs[] = {&image_codec_jpeg, &image_codec_png, &image_codec_tiff,
                                            NULL};

struct image_decoder {
    codec_memory memory;
    buffer stored; // pixels before they are turned
};

status image_decoder_create(image_decoder **created)
{
    *created = NULL;
    image_decoder *d = calloc(1, sizeof *d);
    CHECK(d != NULL, ST_INTERNAL, "no memory to decode images");
    d->memory.jpeg = tjInitDecompress();
    if (d->memory.jpeg == NULL) {
        free(d);
        return failure(ST_INTERNAL, "TurboJPEG cannot be started: %s", tjGetErrorStr2(NULL));
    }
    *created = d;
    return ST_OK;
}

void image_decoder_destroy(image_decoder *d)
{
    if (d == NULL) return;
    (void)tjDestroy(d->memory.jpeg); // only frees memory
    free(d->memory.rows.data);
    free(d->memory.tiff.piece.data);
    free(d->memory.tiff.numbers.data);
    free(d->stored.data);
    free(d);
}

bool image_codec_begins(const encoded_image *e, const void *signature, size_t size)
{
    return e->size >= size && memcmp(e->bytes, signature, size) == 0;
}

static const image_codec *find_codec(const encoded_image *e)
{
    for (size_t i = 0; codecs[i] != NULL; i++)
        if (codecs[i]->begins(e)) return codecs[i];
    return NULL;
}

static status look_stored(image_decoder *d, const encoded_image *e, const image_codec **codec,
                          image_header *header)
{
    *codec = find_codec(e);
    CHECK(*codec != NULL, ST_BAD_DATA, "%s: no JPEG, PNG or TIFF file", e->name);
    TRY((*codec)->look(&d->memory, e, header));
    int64_t pixels = (int64_t)header->height * header->width;
    CHECK(pixels <= IMAGE_MAX_PIXELS, ST_BAD_DATA,
          "%s: %d x %d pixels are more than the %d that one image may have", e->name,
          header->height, header->width, IMAGE_MAX_PIXELS);
    return ST_OK;
}

status image_decoder_look(image_decoder *d, const encoded_image *e, image_header *header)
{
    const image_codec *codec;
    TRY(look_stored(d, e, &codec, header));
    if (orientation_swaps(header->orientation)) {
        int height = header->height;
        header->height = header->width;
        header->width = height;
    }
    return ST_OK;
}

status image_decoder_decode(image_decoder *d, const encoded_image *e, const image_header *header,
                            image_form form, void *pixels)
{
    const image_codec *codec;
    image_header stored;
    bool rgb = form == IMAGE_RGB;
    TRY(look_stored(d, e, &codec, &stored)); // it may be cut off, too
    bool swaps = orientation_swaps(stored.orientation);
    ASSERT(header->height == (swaps ? stored.width : stored.height) &&
           header->width == (swaps ? stored.height : stored.width));
    if (stored.orientation == 1) return codec->decode(&d->memory, e, &stored, rgb, pixels);
    size_t pixel_size = rgb ? 3 : (size_t)stored.channels * pixel_bytes(stored.type);
    TRY(buffer_reserve(&d->stored, (size_t)stored.height * (size_t)stored.width * pixel_size,
                       e->name));
    TRY(codec->decode(&d->memory, e, &stored, rgb, d->stored.data));
    orientation_turn(stored.orientation, stored.height, stored.width, pixel_size, d->stored.data,
                     pixels);
    return ST_OK;
}
