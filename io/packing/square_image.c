// io/packing/square_image.c -- decoded pixels (H, W, C), as planes, resized, as pixels again.
#include "io/packing/square_image.h"

#include "io/files/buffer.h"
#include "io/views/resample.h"

#include <math.h>
#include <stdlib.h>

struct square_reader {
    int side;
    buffer planes, square, scratch;
};

status square_reader_create(square_reader **created, int side)
{
    *created = NULL;
    square_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read images");
    r->side = side;
    *created = r;
    return ST_OK;
}

void square_reader_destroy(square_reader *r)
{
    if (r == NULL) return;
    free(r->planes.data);
    free(r->square.data);
    free(r->scratch.data);
    free(r);
}

static void to_planes(const void *pixels, pixel_type type, image *out)
{
    const uint8_t *bytes = pixels;
    const uint16_t *words = pixels;
    const float *reals = pixels;
    size_t plane = (size_t)out->height * (size_t)out->width, channels = (size_t)out->channels;
    for (size_t c = 0; c < channels; c++) {
        float *to = out->planes + c * plane;
        for (size_t i = 0, at = c; i < plane; i++, at += channels)
            to[i] = type == PIXEL_U8    ? (float)bytes[at]
                    : type == PIXEL_U16 ? (float)words[at]
                                        : reals[at];
    }
}

static long rounded(float value, float most)
{
    return lrintf(fminf(fmaxf(value, 0), most));
}

static void to_pixels(const image *in, pixel_type type, void *pixels)
{
    uint8_t *bytes = pixels;
    uint16_t *words = pixels;
    float *reals = pixels;
    size_t plane = (size_t)in->height * (size_t)in->width, channels = (size_t)in->channels;
    for (size_t c = 0; c < channels; c++) {
        const float *from = in->planes + c * plane;
        for (size_t i = 0, at = c; i < plane; i++, at += channels)
            if (type == PIXEL_U8)
                bytes[at] = (uint8_t)rounded(from[i], 255);
            else if (type == PIXEL_U16)
                words[at] = (uint16_t)rounded(from[i], 65535);
            else
                reals[at] = from[i];
    }
}

status square_reader_resize(square_reader *r, const decoded_image *decoded, void *pixels)
{
    int channels = decoded->channels;
    image whole = {
        .channels = channels, .height = decoded->header.height, .width = decoded->header.width};
    image square = {.channels = channels, .height = r->side, .width = r->side};
    size_t whole_floats = (size_t)channels * (size_t)whole.height * (size_t)whole.width;
    size_t square_floats = (size_t)channels * (size_t)r->side * (size_t)r->side;
    size_t scratch_floats = resample_scratch_floats(&whole, &square);
    TRY(buffer_reserve(&r->planes, whole_floats * sizeof(float), "an image"));
    TRY(buffer_reserve(&r->square, square_floats * sizeof(float), "an image"));
    TRY(buffer_reserve(&r->scratch, scratch_floats * sizeof(float), "an image"));
    whole.planes = r->planes.data;
    square.planes = r->square.data;
    to_planes(decoded->pixels, decoded->type, &whole);
    int side = whole.height < whole.width ? whole.height : whole.width;
    box middle = {(whole.width - side) / 2, (whole.height - side) / 2, side, side};
    resample(&whole, &middle, &square, r->scratch.data);
    to_pixels(&square, decoded->type, pixels);
    return ST_OK;
}
