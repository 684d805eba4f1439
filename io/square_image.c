// io/square_image.c -- file ─> bytes ─> pixels (H, W, 3) ─> planes ─> planes (3, side, side) ─> pixels.
#include "io/square_image.h"

#include "io/image_decoder.h"
#include "io/resample.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct buffer {
    void *data;
    size_t room; // bytes
} buffer;

struct square_reader {
    int side;
    image_decoder *decoder;
    buffer file, decoded, planes, square, scratch;
};

// What the buffer held is lost.
static status buffer_reserve(buffer *b, size_t bytes, const char *path)
{
    if (b->data != NULL && bytes <= b->room) return ST_OK;
    free(b->data);
    b->room = 0;
    b->data = malloc(bytes);
    if (b->data == NULL) {
        (void)failure(ST_INTERNAL, "%s: no memory to decode it", path);
        return ST_INTERNAL; // written out for the analyser, which does not know what failure returns
    }
    b->room = bytes;
    return ST_OK;
}

status square_reader_create(square_reader **created, int side)
{
    *created = NULL;
    square_reader *r = calloc(1, sizeof *r);
    CHECK(r != NULL, ST_INTERNAL, "no memory to read images");
    r->side = side;
    status s = image_decoder_create(&r->decoder);
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
    image_decoder_destroy(r->decoder);
    free(r->file.data);
    free(r->decoded.data);
    free(r->planes.data);
    free(r->square.data);
    free(r->scratch.data);
    free(r);
}

static status read_open_file(square_reader *r, FILE *in, encoded_image *e)
{
    struct stat about;
    CHECK(fstat(fileno(in), &about) == 0, ST_IO, "%s: %s", e->name, strerror(errno));
    CHECK(S_ISREG(about.st_mode), ST_BAD_DATA, "%s: not a file", e->name);
    e->size = (size_t)about.st_size;
    TRY(buffer_reserve(&r->file, e->size + 1, e->name));
    e->bytes = r->file.data;
    CHECK(fread(r->file.data, 1, e->size, in) == e->size, ST_IO, "%s: cannot be read: %s", e->name,
          ferror(in) ? strerror(errno) : "it became shorter meanwhile");
    return ST_OK;
}

static status read_file(square_reader *r, const char *path, encoded_image *e)
{
    *e = (encoded_image){.name = path};
    FILE *in = fopen(path, "rb");
    CHECK(in != NULL, errno == ENOENT ? ST_NO_INPUT : ST_IO, "%s: cannot be opened: %s", path,
          strerror(errno));
    status s = read_open_file(r, in, e);
    (void)fclose(in); // only read from
    return s;
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

status square_reader_get(square_reader *r, const char *path, unsigned char *pixels)
{
    encoded_image e;
    image whole = {.channels = 3}, square = {.channels = 3, .height = r->side, .width = r->side};
    TRY(read_file(r, path, &e));
    TRY(image_decoder_size(r->decoder, &e, &whole.height, &whole.width));
    size_t whole_pixels = 3 * (size_t)whole.height * (size_t)whole.width;
    size_t square_pixels = 3 * (size_t)r->side * (size_t)r->side;
    TRY(buffer_reserve(&r->decoded, whole_pixels, path));
    TRY(image_decoder_decode(r->decoder, &e, whole.height, whole.width, r->decoded.data));
    TRY(buffer_reserve(&r->planes, whole_pixels * sizeof(float), path));
    TRY(buffer_reserve(&r->square, square_pixels * sizeof(float), path));
    TRY(buffer_reserve(&r->scratch, resample_scratch_floats(&whole, &square) * sizeof(float),
                       path));
    whole.planes = r->planes.data;
    square.planes = r->square.data;
    to_planes(r->decoded.data, &whole);
    int side = whole.height < whole.width ? whole.height : whole.width;
    box middle = {(whole.width - side) / 2, (whole.height - side) / 2, side, side};
    resample(&whole, &middle, &square, r->scratch.data);
    to_pixels(&square, pixels);
    return ST_OK;
}
