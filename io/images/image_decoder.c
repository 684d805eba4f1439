// io/images/image_decoder.c -- JPEG by TurboJPEG, with one handle for all images; PNG by libspng, whose
// contexts last for one image.
#include "io/images/image_decoder.h"

#include <spng.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>

// The integer transform, whose results do not depend on the processor. TurboJPEG fills what a
// truncated file lacks with grey and warns: here that is an error. No more scans than an honest file.
#define JPEG_FLAGS (TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS)

struct image_decoder {
    tjhandle jpeg;
};

status image_decoder_create(image_decoder **created)
{
    *created = NULL;
    image_decoder *d = calloc(1, sizeof *d);
    CHECK(d != NULL, ST_INTERNAL, "no memory to decode images");
    d->jpeg = tjInitDecompress();
    if (d->jpeg == NULL) {
        free(d);
        return failure(ST_INTERNAL, "TurboJPEG cannot be started: %s", tjGetErrorStr2(NULL));
    }
    *created = d;
    return ST_OK;
}

void image_decoder_destroy(image_decoder *d)
{
    if (d == NULL) return;
    (void)tjDestroy(d->jpeg); // only frees memory
    free(d);
}

static bool starts_with(const encoded_image *e, const void *signature, size_t size)
{
    return e->size >= size && memcmp(e->bytes, signature, size) == 0;
}

static bool is_jpeg(const encoded_image *e)
{
    return starts_with(e, "\xff\xd8\xff", 3);
}

static bool is_png(const encoded_image *e)
{
    return starts_with(e, "\x89PNG\r\n\x1a\n", 8);
}

// NULL without memory. Free with spng_ctx_free.
static spng_ctx *open_png(const encoded_image *e, struct spng_ihdr *header, int *problem)
{
    spng_ctx *png = spng_ctx_new(0);
    if (png == NULL) return NULL;
    *problem = spng_set_png_buffer(png, e->bytes, e->size);
    if (*problem == 0) *problem = spng_get_ihdr(png, header);
    return png;
}

static status png_size(const encoded_image *e, uint64_t *height, uint64_t *width)
{
    struct spng_ihdr header = {0};
    int problem = 0;
    spng_ctx *png = open_png(e, &header, &problem);
    CHECK(png != NULL, ST_INTERNAL, "%s: no memory to decode it", e->name);
    spng_ctx_free(png);
    CHECK(problem == 0, ST_BAD_DATA, "%s: broken PNG: %s", e->name, spng_strerror(problem));
    *height = header.height;
    *width = header.width;
    return ST_OK;
}

// A handle that failed in a header stays in the middle of it (TurboJPEG 2.1): take a new one.
static status broken_header(image_decoder *d, const encoded_image *e)
{
    status s = failure(ST_BAD_DATA, "%s: broken JPEG: %s", e->name, tjGetErrorStr2(d->jpeg));
    tjhandle fresh = tjInitDecompress();
    CHECK(fresh != NULL, ST_INTERNAL, "%s: no memory to decode it", e->name);
    (void)tjDestroy(d->jpeg); // only frees memory
    d->jpeg = fresh;
    return s;
}

static status jpeg_size(image_decoder *d, const encoded_image *e, uint64_t *height, uint64_t *width)
{
    int rows = 0, columns = 0, subsampling, colours;
    if (tjDecompressHeader3(d->jpeg, e->bytes, e->size, &columns, &rows, &subsampling, &colours) !=
            0 ||
        rows <= 0 || columns <= 0)
        return broken_header(d, e);
    *height = (uint64_t)rows;
    *width = (uint64_t)columns;
    return ST_OK;
}

status image_decoder_size(image_decoder *d, const encoded_image *e, int *height, int *width)
{
    uint64_t rows = 0, columns = 0;
    if (is_jpeg(e))
        TRY(jpeg_size(d, e, &rows, &columns));
    else if (is_png(e))
        TRY(png_size(e, &rows, &columns));
    else
        return failure(ST_BAD_DATA, "%s: neither a JPEG nor a PNG file", e->name);
    CHECK(rows <= IMAGE_MAX_PIXELS && columns <= IMAGE_MAX_PIXELS &&
              rows * columns <= IMAGE_MAX_PIXELS,
          ST_BAD_DATA, "%s: %llu x %llu pixels are more than the %d that one image may have",
          e->name, (unsigned long long)rows, (unsigned long long)columns, IMAGE_MAX_PIXELS);
    *height = (int)rows;
    *width = (int)columns;
    return ST_OK;
}

static status decode_png(const encoded_image *e, size_t room, unsigned char *pixels)
{
    struct spng_ihdr header;
    int problem = 0;
    spng_ctx *png = open_png(e, &header, &problem);
    CHECK(png != NULL, ST_INTERNAL, "%s: no memory to decode it", e->name);
    if (problem == 0) problem = spng_decode_image(png, pixels, room, SPNG_FMT_RGB8, 0);
    if (problem == 0) problem = spng_decode_chunks(png); // to the end of the file
    spng_ctx_free(png);
    CHECK(problem == 0, problem == SPNG_EMEM ? ST_INTERNAL : ST_BAD_DATA, "%s: broken PNG: %s",
          e->name, spng_strerror(problem));
    return ST_OK;
}

status image_decoder_decode(image_decoder *d, const encoded_image *e, int height, int width,
                            unsigned char *pixels)
{
    int rows = 0, columns = 0;
    TRY(image_decoder_size(d, e, &rows, &columns));
    ASSERT(rows == height && columns == width);
    if (is_png(e)) return decode_png(e, 3 * (size_t)height * (size_t)width, pixels);
    CHECK(tjDecompress2(d->jpeg, e->bytes, e->size, pixels, width, 0, height, TJPF_RGB,
                        JPEG_FLAGS) == 0,
          ST_BAD_DATA, "%s: broken JPEG: %s", e->name, tjGetErrorStr2(d->jpeg));
    return ST_OK;
}
