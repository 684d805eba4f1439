// io/packing/square_image.c -- file ─> bytes ─> pixels (H, W, 3) ─> planes ─> planes (3, side, side) ─> pixels.
#include "io/packing/square_image.h"

#include "io/files/buffer.h"
#include "io/images/image_file.h"
#include "io/views/resample.h"

#include <math.h>
#include <stdlib.h>

struct square_reader {
    int side;
    image_file *file;
    buffer planes, square, scratch;
};

status square_reader_create(square_reader **created, int side)
{
    *created = NULL;
    square_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read images");
    r->side = side;
    status s = image_file_create(&r->file);
    if (s != ST_OK) {
        free(r);
        return s;
    }
    *created = r;
    return ST_OK;
}

void square_reader_destroy(square_reader *r)
{
    if (r == NULL) return;
    image_file_destroy(r->file);
    free(r->planes.data);
    free(r->square.data);
    free(r->scratch.data);
    free(r);
}

static void to_planes(const unsigned char *pixels, image *out)
{
    size_t plane = (size_t)out->height * (size_t)out->width;
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 0; c < 3; c++)
            out->planes[c * plane + i] = (float)*pixels++;
}

static void to_pixels(const image *in, unsigned char *pixels)
{
    size_t plane = (size_t)in->height * (size_t)in->width;
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 0; c < 3; c++)
            *pixels++ = (unsigned char)lrintf(fminf(fmaxf(in->planes[c * plane + i], 0), 255));
}

status square_reader_resize(square_reader *r, const decoded_image *decoded, unsigned char *pixels)
{
    image whole = {.channels = 3, .height = decoded->height, .width = decoded->width};
    image square = {.channels = 3, .height = r->side, .width = r->side};
    size_t whole_floats = 3 * (size_t)whole.height * (size_t)whole.width;
    size_t square_floats = 3 * (size_t)r->side * (size_t)r->side;
    size_t scratch_floats = resample_scratch_floats(&whole, &square);
    TRY(buffer_reserve(&r->planes, whole_floats * sizeof(float), "an image"));
    TRY(buffer_reserve(&r->square, square_floats * sizeof(float), "an image"));
    TRY(buffer_reserve(&r->scratch, scratch_floats * sizeof(float), "an image"));
    whole.planes = r->planes.data;
    square.planes = r->square.data;
    to_planes(decoded->pixels, &whole);
    int side = whole.height < whole.width ? whole.height : whole.width;
    box middle = {(whole.width - side) / 2, (whole.height - side) / 2, side, side};
    resample(&whole, &middle, &square, r->scratch.data);
    to_pixels(&square, pixels);
    return ST_OK;
}

status square_reader_get(square_reader *r, const char *path, unsigned char *pixels)
{
    encoded_image bytes;
    decoded_image decoded;
    TRY(image_file_read(r->file, path, &bytes));
    TRY(image_file_decode(r->file, &bytes, &decoded));
    return square_reader_resize(r, &decoded, pixels);
}
