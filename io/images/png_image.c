// io/images/png_image.c -- PNG by libspng, whose contexts last for one image.
#include "io/images/image_codec.h"
#include "io/images/image_orientation.h"

#include <spng.h>
#include <limits.h>
#include <string.h>

static bool begins(const encoded_image *e)
{
    return image_codec_begins(e, "\x89PNG\r\n\x1a\n", 8);
}

// What texts, profiles and the like of one file may take in memory beyond what they take in the
// file, bytes: compressed ones grow a thousandfold.
#define MOST_TEXT ((size_t)32 << 20)

// NULL without memory. Free with spng_ctx_free.
static spng_ctx *open_png(const encoded_image *e, struct spng_ihdr *header, int *problem)
{
    spng_ctx *png = spng_ctx_new(0);
    if (png == NULL) return NULL;
    *problem = spng_set_chunk_limits(png, MOST_TEXT + e->size, MOST_TEXT + e->size);
    if (*problem == 0) *problem = spng_set_png_buffer(png, e->bytes, e->size);
    if (*problem == 0) *problem = spng_get_ihdr(png, header);
    return png;
}

// EXIF data behind the pixels count nothing.
static int find_orientation(spng_ctx *png)
{
    struct spng_exif exif = {0};
    if (spng_get_exif(png, &exif) != 0) return 1;
    return orientation_of_exif((const unsigned char *)exif.data, exif.length);
}

static status broken(const encoded_image *e, int problem)
{
    CHECK(problem != SPNG_ECHUNK_LIMITS, ST_BAD_DATA,
          "%s: texts or profiles in this PNG are of more than %zu MB; write it without them",
          e->name, MOST_TEXT >> 20);
    return failure(problem == SPNG_EMEM ? ST_INTERNAL : ST_BAD_DATA, "%s: broken PNG: %s", e->name,
                   spng_strerror(problem));
}

static bool is_grey(const struct spng_ihdr *header)
{
    return header->color_type == SPNG_COLOR_TYPE_GRAYSCALE ||
           header->color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
}

static bool has_alpha(const struct spng_ihdr *header)
{
    return header->color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
           header->color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
}

static status look(codec_memory *m, const encoded_image *e, image_header *header)
{
    (void)m;
    struct spng_ihdr found = {0};
    int problem = 0;
    spng_ctx *png = open_png(e, &found, &problem);
    CHECK(png != NULL, ST_INTERNAL, "%s: no memory to decode it", e->name);
    int orientation = problem == 0 ? find_orientation(png) : 1;
    spng_ctx_free(png);
    if (problem != 0) return broken(e, problem);
    *header = (image_header){.height = found.height <= INT_MAX ? (int)found.height : INT_MAX,
                             .width = found.width <= INT_MAX ? (int)found.width : INT_MAX,
                             .channels = is_grey(&found) ? 1 : 3,
                             .type = found.bit_depth == 16 ? PIXEL_U16 : PIXEL_U8,
                             .orientation = orientation};
    return ST_OK;
}

static int decode_to(const encoded_image *e, int format, size_t room, void *pixels)
{
    struct spng_ihdr header;
    int problem = 0;
    spng_ctx *png = open_png(e, &header, &problem);
    if (png == NULL) return SPNG_EMEM;
    if (problem == 0) problem = spng_decode_image(png, pixels, room, format, 0);
    if (problem == 0) problem = spng_decode_chunks(png); // to the end of the file
    spng_ctx_free(png);
    return problem;
}

// Drops the last of `channels` + 1 channels.
static void drop_alpha(const char *from, size_t count, size_t pixel_size, size_t step, char *to)
{
    for (; count > 0; count--, from += step, to += pixel_size)
        memcpy(to, from, pixel_size);
}

// Of 16 bits, or grey with transparency: as libspng gives them, in this machine's byte order.
static int decode_whole(codec_memory *m, const encoded_image *e, const image_header *header,
                        bool alpha, void *pixels)
{
    size_t number = header->type == PIXEL_U16 ? 2 : 1;
    size_t count = (size_t)header->height * (size_t)header->width;
    size_t pixel = number * (size_t)header->channels, stored = pixel + (alpha ? number : 0);
    if (!alpha) return decode_to(e, SPNG_FMT_PNG, pixel * count, pixels);
    if (buffer_reserve(&m->rows, stored * count, e->name) != ST_OK) return SPNG_EMEM;
    int problem = decode_to(e, SPNG_FMT_PNG, stored * count, m->rows.data);
    if (problem == 0) drop_alpha(m->rows.data, count, pixel, stored, pixels);
    return problem;
}

static status decode(codec_memory *m, const encoded_image *e, const image_header *header, bool rgb,
                     void *pixels)
{
    struct spng_ihdr found = {0};
    size_t count = (size_t)header->height * (size_t)header->width;
    int problem = 0;
    spng_ctx *png = open_png(e, &found, &problem);
    spng_ctx_free(png);
    bool grey_alpha = found.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA;
    if (rgb || (header->channels == 3 && header->type == PIXEL_U8))
        problem = decode_to(e, SPNG_FMT_RGB8, 3 * count, pixels);
    else if (header->type == PIXEL_U16 || grey_alpha)
        problem = decode_whole(m, e, header, has_alpha(&found), pixels);
    else
        problem = decode_to(e, SPNG_FMT_G8, count, pixels);
    return problem == 0 ? ST_OK : broken(e, problem);
}

const image_codec image_codec_png = {
    .name = "PNG",
    .begins = begins,
    .look = look,
    .decode = decode,
};
